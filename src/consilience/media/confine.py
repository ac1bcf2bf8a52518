"""Take from this process, for good, what the opening of hostile bytes does not need.

No file can be opened but the program's own libraries, for reading; nothing can be written, no socket made,
no program started, no other process touched; memory is bounded. What was opened before stays usable: a worker
keeps its one socket and receives open files through it.

Landlock (Linux 5.13) closes the file system, a seccomp filter (Linux 3.5) the system calls; each is in force
without the other where a kernel lacks one, and `Confinement` says which. Sources: the kernel's documentation
of Landlock (userspace-api/landlock) and seccomp (userspace-api/seccomp_filter).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import resource
import struct
import sys
import sysconfig
from pathlib import Path

import msgspec

from consilience.errors import ConsilienceError

_TASKS = 8192
"""Processes and threads of the whole account, beyond which a worker can make no thread."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Confinement(msgspec.Struct, frozen=True):
    """What is in force in a worker.

    Attributes:
        landlock: version of the kernel's Landlock interface, 0 where there is none.
        seccomp: whether the system-call filter is installed.
        memory: bytes of address space.
    """

    landlock: int
    seccomp: bool
    memory: int


def confine(memory: int) -> Confinement:
    """Confine this process and everything it starts, irrevocably.

    Args:
        memory: bytes of address space that it may have.

    Raises:
        ConsilienceError: the kernel offers no system-call filter for this processor.
    """
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, _TASKS),
    ):
        _lower(limit, value)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities()
    abi = _landlock_own_libraries_only()
    _seccomp_deny()
    return Confinement(landlock=abi, seccomp=True, memory=memory)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends, however it ends."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


# --- prctl -------------------------------------------------------------------------------------------

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38


def _prctl(option: int, argument: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")


# --- Capabilities ------------------------------------------------------------------------------------

_CAPABILITY_VERSION_3 = 0x20080522


def _drop_capabilities() -> None:
    """Be no more than an ordinary account, also where root runs us."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, bytes(24)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"capset: {os.strerror(code)}")


# --- Landlock ----------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_ACCESS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ACCESS_FROM_ABI_5 = (1 << 16) - 1


def _landlock_own_libraries_only() -> int:
    abi = int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))
    if abi < 1:
        return 0
    access = _ACCESS_BY_ABI.get(abi, _ACCESS_FROM_ABI_5)
    network = 0b11 if abi >= 4 else 0
    scopes = 0b11 if abi >= 6 else 0
    attributes = struct.pack("=Q", access)
    if abi >= 4:
        attributes += struct.pack("=Q", network)
    if abi >= 6:
        attributes += struct.pack("=Q", scopes)
    ruleset = _landlock_call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for folder in _own_libraries():
            place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = struct.pack("=Qi", _EXECUTE | _READ_FILE | _READ_DIR, place)
                _landlock_call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
            finally:
                os.close(place)
        _landlock_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _landlock_call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


def _own_libraries() -> list[str]:
    """Folders of the interpreter and its packages: modules and codecs may be loaded late."""
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.add(str(Path(__file__).parents[1]))
    base = Path(sys.base_prefix)
    folders.update(str(base / name) for name in ("lib", "lib64") if base != Path("/usr"))
    return sorted(folder for folder in folders if Path(folder).is_dir())


# --- seccomp -----------------------------------------------------------------------------------------

# What is refused, by number on x86-64 and on AArch64 (None: the call does not exist there).
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # network
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    # programs and processes
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kill": (62, 129), "tkill": (200, 130), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "unshare": (272, 97), "setns": (308, 268),
    "prlimit64": (302, 261), "setrlimit": (160, 164), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    # what outlives a process, or is shared with others
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "flock": (73, 32),
    # what changes files and devices through an open descriptor, by codes without end
    "ioctl": (16, 29),
    # changes to the file system (Landlock refuses them too, where there is Landlock)
    "creat": (85, None), "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "mkdir": (83, None),
    "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36),
    "mknod": (133, None), "mknodat": (259, 33), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None), "fchown": (93, 55),
    "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "chroot": (161, 51), "chdir": (80, 49), "fchdir": (81, 50),
    # the kernel
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "fsconfig": (431, 431), "fspick": (433, 433), "kexec_file_load": (320, 294), "syslog": (103, 116),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "openat2": (437, 437),
    "memfd_create": (319, 279), "personality": (135, 92), "acct": (163, 89), "quotactl": (179, 60),
}  # fmt: skip
_CLONE3 = 435  # both processors; its flags lie in memory that a filter cannot read
_FIRST_UNKNOWN = 463  # both processors; calls that came after the list was written, from Linux 6.13 on
_MACHINES: dict[str, tuple[int, int, int, int | None, int, int, int]] = {
    # AUDIT_ARCH, column of _DENIED, clone, open, openat, tgkill, fcntl
    "x86_64": (0xC000003E, 0, 56, 2, 257, 234, 72),
    "aarch64": (0xC00000B7, 1, 220, None, 56, 131, 25),
}
# Neither the flags of an open file, which the exhibit's shares with us, nor locks, leases and signals.
_FCNTL_ALLOWED = (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL)
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x00010000
_OPEN_TO_CHANGE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def _seccomp_deny() -> None:
    machine = platform.machine()
    if machine not in _MACHINES:
        raise ConsilienceError(
            f"no sandbox for processor {machine!r}", f"It exists for {' and '.join(sorted(_MACHINES))}."
        )
    architecture, column, clone, open_, openat, tgkill, fcntl_ = _MACHINES[machine]
    refuse = (_RETURN, 0, 0, 0x00050000 | errno.EPERM)
    not_there = (_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)
    allow = (_RETURN, 0, 0, _ALLOW)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
        (_JUMP_GREATER_EQUAL, 0, 1, _FIRST_UNKNOWN),
        not_there,
    ]
    for numbers in _DENIED.values():
        number = numbers[column]
        if number is not None:
            program += [(_JUMP_EQUAL, 0, 1, number), refuse]
    # glibc makes threads by clone when clone3 is said not to exist; a thread is allowed, a process is not.
    program += [(_JUMP_EQUAL, 0, 1, _CLONE3), not_there]
    program += [
        (_JUMP_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD),
        refuse,
        allow,
    ]
    for number, flags_argument in ((open_, 1), (openat, 2)):
        if number is not None:
            program += [
                (_JUMP_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENTS + 8 * flags_argument),
                (_JUMP_ANY_BIT, 0, 1, _OPEN_TO_CHANGE),
                refuse,
                allow,
            ]
    # By its first or second argument: a signal to one of our own threads, a harmless act on a descriptor.
    for number, argument, allowed in ((tgkill, 0, (os.getpid(),)), (fcntl_, 1, _FCNTL_ALLOWED)):
        program += [(_JUMP_EQUAL, 0, 2 + 2 * len(allowed), number), (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)]
        for value in allowed:
            program += [(_JUMP_EQUAL, 0, 1, value), allow]
        program.append(refuse)
    program.append(allow)
    array = (_Instruction * len(program))(*(_Instruction(*row) for row in program))
    filter_ = _Program(len(program), array)
    if _libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(filter_), 0, 0) != 0:
        code = ctypes.get_errno()
        raise ConsilienceError(
            f"the kernel refuses a system-call filter ({os.strerror(code)})",
            "Hostile files are not opened without one; run on Linux with seccomp.",
        )
