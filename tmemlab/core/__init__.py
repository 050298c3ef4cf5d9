"""The machine: Xen's memory, tmem and the Linux guests, one mechanism a file, all of it in numba kernels.

State is the tables of ``world``; behaviour is functions that take tables and row numbers. Only ``simulate`` calls in.
"""
