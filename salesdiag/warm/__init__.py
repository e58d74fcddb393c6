"""A warm process: one that has imported everything forks a clean process per notebook.

``server`` is that process; ``client`` starts it and asks it; ``preload`` says what it imports and
what it must forget again; ``inprocess`` is a kernel for a process that runs one notebook and ends;
``provisioner`` gives forked kernels to JupyterLab, papermill and nbval.

Only a process of one thread may fork: a lock that another thread holds at that moment is held in
the child for ever. The server counts its threads and refuses to begin with more than one.
"""
