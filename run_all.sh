#!/usr/bin/env bash
# dfstudy in one command: sets up .venv on the first start, then runs every lesson.
#
#   ./run_all.sh                         all lessons, profile laptop (2 cores, no GPU)
#   ./run_all.sh --profile smoke         minutes: does all of it run? (or colab, paper)
#   ./run_all.sh --data FOLDER           your own videos in place of the synthetic set
#   ./run_all.sh --only 03 | --from 03   some of the lessons; --fresh: finished ones too
#   ./run_all.sh --side-by-side 1        one lesson at a time (default: two if they fit)
#   ./run_all.sh --list | --plan         what there is; minutes, memory and disk it takes
#   ./run_all.sh --test [PYTEST OPTION]  the tests, then every lesson and solution in smoke
#
# Needs Python 3.11 or 3.12 (PYTHON=/path/to/python chooses one) and nothing else.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) venv=$here/.venv
say() { printf '%s\n' "run_all: $*" >&2; }
case "${1:-}" in -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'
seal() { # what an installation is made from; .venv is right while this is unchanged
  "$1" -c 'import hashlib, sys; print(hashlib.sha256(b"".join(open(f, "rb").read()
for f in sys.argv[1:]) + (sys.version + sys.argv[1]).encode()).hexdigest())' \
    "$here/requirements.lock" "$here/pyproject.toml"
}
find_python() { # a Python that fits and can make virtual environments
  local name found=''
  for name in ${PYTHON:-python3 python3.12 python3.11 python}; do
    "$name" -c "$fits" 2>/dev/null || continue
    found=$("$name" -c 'import sys; print(sys._base_executable)')
    "$found" -c 'import ensurepip, venv' 2>/dev/null && echo "$found" && return
  done
  if [ -z "$found" ]; then
    say "needs Python 3.11 or 3.12 and found none${PYTHON:+ in PYTHON=$PYTHON}. Install one (Debian, Ubuntu:" \
      'apt install python3 python3-venv) or name it: PYTHON=/path/to/python3.12 ./run_all.sh'
  else
    say "$found cannot make virtual environments. Debian, Ubuntu: apt install" \
      "$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  return 1
}

python=$venv/bin/python
if [ -n "${PYTHON:-}" ] || ! "$python" -c "$fits" 2>/dev/null; then python=$(find_python); fi
if [ "$(seal "$python")" != "$(cat "$venv/complete" 2>/dev/null)" ]; then
  python=$(find_python)
  say 'installing into .venv (once: some 3 GB to fetch, 8 GB of disk, minutes)'
  rm -f "$venv/complete" # so that the next start makes an interrupted installation anew
  "$python" -m venv --clear "$venv"
  pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
  if ! { pip install -q uv && "$venv/bin/uv" pip install --compile-bytecode --python "$venv/bin/python" -r "$here/requirements.lock"; }; then
    say 'uv did not do it; trying pip, which takes longer'
    pip install -r "$here/requirements.lock"
  fi
  pip install -q --no-deps --no-build-isolation --editable "$here"
  seal "$venv/bin/python" >"$venv/complete"
fi
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-3}"
"$venv/bin/python" -m dfstudy.system # says which library of the system is missing
if [ "${1:-}" = --test ]; then exec "$here/.ci/tiers" "$venv/bin/python" "${@:2}"; fi
exec "$venv/bin/python" -m dfstudy.course run "$@"
