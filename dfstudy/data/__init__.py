"""Which videos: synthetic set, indexers, manifest, splits, prepared shards, loader.

    manifest, facts = splits.split(index.index("data/dfdc"), seed=0)
    prepared = prepare.prepare(manifest, View(frames=16, height=108, width=192))
    batches = loader.loader(PreparedSet(prepared, manifest), batch_size=64, ...)

Each step is a module; import the one that you need (`from dfstudy.data import index`).
"""
