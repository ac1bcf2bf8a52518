"""What no report of this version covers, in sentences for `Head.not_covered`."""


def first_looks(looked: int, provisional: int) -> tuple[str, ...]:
    """What a report does not cover while contents wait for the full pass.

    Args:
        looked: contents that had a first look only.
        provisional: of these, contents that match a list entry by it.
    """
    if not looked:
        return ()
    return (
        f"{looked:,} contents had a first look only, and wait for the full pass. {provisional:,} of them "
        "match a list entry provisionally: that does not count here, and is confirmed or refuted by the full "
        "pass.",
    )


NOT_COVERED = (
    "Frames and sound that videos and sounds share with others are listed by `consilience footage`, not in "
    "this report. Clips of under three seconds, sound of under four, steady noise and sound at another speed "
    "may be missed.",
    "Only files that the exhibit's file system and the opened archives list were read. Deleted files, "
    "unallocated space, and files hidden or embedded in others were not looked for.",
    "A picture whose fingerprint is below the least quality stated is compared by identical bytes only.",
    "Crops, collages and strong edits of a picture often lie outside the radius, and are reported as new.",
    "A near match is a measured agreement of appearance. It does not say what a picture shows, nor that one "
    "file was made from the other. A person has to look.",
    "Times, devices and positions are what the files say of themselves. They can be wrong, or false.",
    "Categories are those of the lists' makers, and were not checked.",
)
