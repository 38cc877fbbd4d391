"""The demonstration school's address book besides its people: departments, classes, pupils and their guardians, all made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CAMPUS, GRADE, CLASS = 4, 2, 1
"""A school department's type."""


@dataclass(frozen=True, slots=True)
class SchoolDepartment:
    """One of the pupils' departments (家校通讯录)."""

    id: int
    name: str
    type: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class Parent:
    """A guardian. children: pupil -> what they are to it. follows: the school's notices reach them."""

    id: str
    children: Mapping[str, str]
    follows: bool = True


@dataclass(frozen=True, slots=True)
class Pupil:
    id: str
    name: str
    department: int


DEPARTMENTS = {1: "淄博高新区第一小学（演示）", 2: "校级领导", 3: "中层", 4: "班主任", 5: "教师", 6: "后勤"}
"""The staff's departments; all stand below the first."""

STAFF = {
    "zhang": 2, "li": 2, "zhou": 3, "zhao": 3, "sun": 3, "liu": 3, "wu": 3, "wang": 4, "chen": 4, "zheng": 5, "ma": 6,
    "he": 6, "chenyu": 5,
}  # fmt: skip
"""Person -> department; whoever is not here stands in the first."""

SCHOOL = (
    SchoolDepartment(20, "本部", CAMPUS),
    SchoolDepartment(21, "一年级", GRADE, 20),
    SchoolDepartment(23, "三年级", GRADE, 20),
    SchoolDepartment(211, "一年级1班", CLASS, 21),
    SchoolDepartment(232, "2班", CLASS, 23),
)
CLASS_NAMES = {211: "一年级1班", 232: "三年级2班"}
PUPILS = (
    Pupil("s20230201", "周小满", 232),
    Pupil("s20230202", "何苗", 232),
    Pupil("s20230203", "孟子涵", 232),
    Pupil("s20250101", "周小安", 211),
    Pupil("s20250102", "韩一诺", 211),
)
PARENTS = (
    Parent("p1001", {"s20230201": "妈妈", "s20250101": "妈妈"}),
    Parent("p1002", {"s20230201": "爸爸"}, follows=False),
    Parent("p1003", {"s20230202": "奶奶"}, follows=False),
    Parent("p1004", {"s20230203": "爸爸"}),
    Parent("p1005", {"s20250102": "妈妈"}),
)
