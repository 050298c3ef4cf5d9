"""Where ``core`` does something else than Linux does: the slow machine does as ``core`` while a name stands here.

To mend one, change ``core`` and take its name out; the comparison then tells whether they agree.
"""

SIZE_IS_NUMPYS = "without the JIT, a window's size is that of a record"
AS_CORE = {  # TODO: empty this
    "4.4 notes the age before an eviction",
    "4.4 activates nothing that is written",
    "a cached neighbour is no guess",
    "a marker just behind the window is another reader's",
    "a page read ahead is not mapped around until it is touched",
    "a page read ahead keeps its inode until it is touched",
    "every access of an exact LRU to anonymous memory is a fault",
    "pages around are mapped after the fault",
    "what is not got first is asked for again",
    "activations are never counted without old statistics",
    SIZE_IS_NUMPYS,
    "who sleeps is known when that is staged",
    "time runs back where a stream is due just now",  # so no machine is short of processors
}
