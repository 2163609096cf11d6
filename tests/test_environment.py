"""The environment report."""

from dfstudy import cli, environment


def test_report_of_this_machine_is_ready(capsys):
    assert cli.main(["check"]) == 0
    out = capsys.readouterr().out
    assert "[OK]   torch:" in out
    assert "[FAIL]" not in out
    assert out.rstrip().endswith("ready")


def test_missing_and_old_packages_fail(monkeypatch):
    lines = ["numpy>=99", "surely-not-there>=1", "pytest>=1; extra == 'dev'"]
    monkeypatch.setattr(environment.metadata, "requires", lambda _: lines)
    old, missing = environment._packages()
    assert not old.ok
    assert "needs >=99" in old.detail
    assert not missing.ok
    assert "pip install 'surely-not-there>=1'" in missing.detail


def test_a_failing_import_names_the_system_library():
    code = "raise ImportError('libGL.so.1: cannot open shared object file')"
    check = environment._imports("OpenCV", code)
    assert str(check).startswith("[FAIL] import OpenCV:")
    assert "the system library libGL.so.1, which is missing" in check.detail
    assert "apt install libgl1" in check.detail


def test_a_crashing_import_is_one_line():
    check = environment._imports("TensorFlow", "import os; os.abort()")
    assert not check.ok
    assert "exit code" in check.detail


def test_failure_decides_the_exit_code(monkeypatch, capsys):
    bad = environment.Check("thing", False, "broken")
    optional = environment.Check("GPU", False, "none", required=False)
    monkeypatch.setattr(environment, "report", lambda: [bad, optional])
    assert cli.main(["check"]) == 1
    out = capsys.readouterr().out
    assert "[FAIL] thing: broken" in out
    assert "[--]   GPU" in out
    monkeypatch.setattr(environment, "report", lambda: [optional])
    assert cli.main(["check"]) == 0
