"""Writes crash dumps in kdump's compressed format, whole or split, out of an ELF core: makedumpfile's
diskdump_mod.h (struct disk_dump_header, kdump_sub_header, page_desc) and makedumpfile.c (write_kdump_header())."""

import ctypes
import struct
import zlib

PAGE = 4096
HEADER_VERSION = 6


def compress_zstd(page):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t
    packed = ctypes.create_string_buffer(2 * len(page))
    size = library.ZSTD_compress(packed, ctypes.c_size_t(len(packed)), page, ctypes.c_size_t(len(page)), 1)
    return packed.raw[:size]


def compress_snappy(page):
    library = ctypes.CDLL("libsnappy.so.1")
    size = ctypes.c_size_t(2 * len(page))
    packed = ctypes.create_string_buffer(size.value)
    assert library.snappy_compress(page, ctypes.c_size_t(len(page)), packed, ctypes.byref(size)) == 0
    return packed.raw[:size.value]


def compress_lzo(page):
    library = ctypes.CDLL("liblzo2.so.2")
    size = ctypes.c_size_t(2 * len(page))
    packed = ctypes.create_string_buffer(size.value)
    memory = ctypes.create_string_buffer(16384 * ctypes.sizeof(ctypes.c_void_p))  # LZO1X_1_MEM_COMPRESS
    assert library.lzo1x_1_compress(page, ctypes.c_size_t(len(page)), packed, ctypes.byref(size), memory) == 0
    return packed.raw[:size.value]


# By name: DUMP_DH_COMPRESSED_*, and what makes it.
METHODS = {"none": (0, None), "zlib": (1, zlib.compress), "lzo": (2, compress_lzo),
           "snappy": (4, compress_snappy), "zstd": (0x20, compress_zstd)}


def read_elf(core):
    """Pages by their numbers, and the notes."""
    offset, = struct.unpack_from("<Q", core, 32)
    count, = struct.unpack_from("<H", core, 56)
    pages, notes = {}, b""
    for number in range(count):
        kind, _, at, _, address, size = struct.unpack_from("<IIQQQQ", core, offset + 56 * number)
        if kind == 4:
            notes = core[at:at + size]
        for place in range(0, size if kind == 1 else 0, PAGE):
            pages[(address + place) // PAGE] = core[at + place:at + place + PAGE]
    return pages, notes


def vmcoreinfo_of(notes):
    """Where the text of the note VMCOREINFO stands in the notes, and its size."""
    at = 0
    while True:
        name, size, _ = struct.unpack_from("<III", notes, at)
        text = at + 12 + (name + 3 & ~3)
        if notes[at + 12:at + 12 + name] == b"VMCOREINFO\0":
            return text, size
        at = text + (size + 3 & ~3)


def write_kdump(core, method, first=0, behind=None):
    """The dump of an ELF core; of the pages from `first` to before `behind` if it is a part of a split one."""
    flag, compress = METHODS[method]
    pages, notes = read_elf(core)
    most = max(pages) + 1
    bitmap_blocks = -(-most // (8 * PAGE))
    bitmap = bytearray(bitmap_blocks * PAGE)
    for number in pages:
        bitmap[number // 8] |= 1 << number % 8
    part = [number for number in sorted(pages) if first <= number and (behind is None or number < behind)]
    notes_at = PAGE + 4096 // 2
    sub_blocks = 1 + -(-len(notes) // PAGE)
    info_at, info_size = vmcoreinfo_of(notes)
    split = behind is not None
    header = struct.pack("<8si390s2x4xqqIiiIIIIIIi", b"KDUMP   ", HEADER_VERSION, b"Linux", 0, 0, 0, PAGE,
                         sub_blocks, 2 * bitmap_blocks, most, 0, 0, 0, 0, 1)
    phys_base = next((int(line[len("NUMBER(phys_base)="):])
                      for line in notes[info_at:info_at + info_size].decode().splitlines()
                      if line.startswith("NUMBER(phys_base)=")), 0)
    sub_header = struct.pack("<qiiQQQQQQQQQQQ", phys_base, 31, split, first, behind or 0, notes_at + info_at,
                             info_size, notes_at, len(notes), 0, 0, first, behind or 0, most)
    data_at = (1 + sub_blocks + 2 * bitmap_blocks) * PAGE + 24 * len(part)
    descriptors, data = b"", b""
    for number in part:
        packed = compress(pages[number]) if compress else pages[number]
        used = flag if len(packed) < PAGE else 0
        packed = packed if used else pages[number]
        descriptors += struct.pack("<QIIQ", data_at + len(data), len(packed), used, 0)
        data += packed
    block = header.ljust(PAGE, b"\0") + sub_header.ljust(notes_at - PAGE, b"\0") + notes
    return block.ljust((1 + sub_blocks) * PAGE, b"\0") + bytes(bitmap) * 2 + descriptors + data
