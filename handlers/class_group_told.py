"""平台的客户群：哪个班的家长群是哪一个，群主是谁"""

from __future__ import annotations

from bot.context import NOTHING, Outcome, Told
from bot.facts import Ask, ClassGroup
from bot.registry import told
from handlers.notify_parents import class_named

NOT_ALL_PARENTS = ("家委", "任课", "老师", "教师")
"""Words in the names of groups that are a class's too, and not its parents'."""


@told(Ask.CLASS_GROUPS)
def heard(told: Told) -> Outcome:
    """Keep which group is whose. The settings decide; a class that they do not name goes by the groups' names.

    A teacher owns other groups too: one whose name is no class's gets nothing. Nothing at all is no list.
    """
    if not told.facts and not told.about:
        return NOTHING
    groups = [fact for fact in told.facts if isinstance(fact, ClassGroup)]
    chosen = {class_named(words, told.day) for group in groups for words in group.taken}
    rows = [
        {
            "group_id": group.id,
            "name": group.name[:200],
            "owner": group.owner,
            "grade_class": class_named(group.grade_class, told.day) or _by_name(told, group, chosen),
        }
        for group in groups
    ]
    told.store.class_groups.replace(told.connection, told.about, rows)
    return NOTHING


def _by_name(told: Told, group: ClassGroup, chosen: set[str]) -> str:
    if group.grade_class or any(word in group.name for word in NOT_ALL_PARENTS):
        return ""
    found = class_named(group.name, told.day)
    return "" if found in chosen else found
