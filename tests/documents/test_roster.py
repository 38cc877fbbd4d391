"""The roster's workbook as schools really send it."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.documents import cells
from bot.documents.grids import ROWS, WORKBOOK_LIMIT
from bot.documents.roster import DutyRow, PersonRow, Roster, TaskRow, read, template
from bot.documents.roster_words import roster_words
from bot.errors import ConfigError

TODAY = date(2026, 9, 21)
POSTS = {
    "校长": "principal",
    "副校长": "vice_principal",
    "班主任": "class_teacher",
    "值班领导": "duty_leader",
    "带班领导": "duty_leader",
}
PEOPLE = ["姓名*", "手机号", "职务", "年级班级", "企业微信账号", "钉钉账号(工号)", "备注"]
TASKS = ["周次开始日期(周一)", "责任人*", "任务*", "完成期限*"]
DUTIES = ["日期*", "岗位*", "姓名*"]


def excel(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """A date as Excel has them: without a zone."""
    return datetime.combine(date(year, month, day), time(hour))


def workbook(**sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def reading(**sheets: list[list[object]]) -> Roster:
    return read(workbook(**sheets), POSTS, TODAY)


def lines(roster: Roster) -> list[str]:
    return [str(problem) for problem in roster.problems]


def test_a_filled_workbook_is_read_whole():
    roster = reading(
        人员=[
            PEOPLE,
            ["王伟", 13800000001, "班主任、值班领导", "三年级2班", "WangWei", "0123456", "骨干"],
            ["李静", "13800000002", "校长", None, None, None, None],
        ],
        任务=[TASKS, [excel(2026, 9, 21), "王伟", "交报名表", excel(2026, 9, 30)]],
        值班=[DUTIES, [excel(2026, 9, 22), "值班领导", "李静"]],
    )
    assert roster.problems == ()
    assert roster.people == (
        PersonRow(
            "王伟",
            "13800000001",
            ("class_teacher", "duty_leader"),
            "三年级2班",
            {"wecom": "wangwei", "dingtalk": "0123456"},
        ),
        PersonRow("李静", "13800000002", ("principal",), "", {}),
    )
    assert roster.tasks == (TaskRow("王伟", "交报名表", date(2026, 9, 30), date(2026, 9, 21)),)
    assert roster.turns == (DutyRow(date(2026, 9, 22), "duty_leader", "李静"),)


def test_the_empty_workbook_reads_as_nothing_and_its_example_is_left_out():
    assert read(template(), POSTS, TODAY) == Roster()


def test_a_row_written_into_the_empty_workbook_is_read():
    book = load_workbook(BytesIO(template()))
    for place, value in enumerate(["赵敏", "13900000000", "校长"], 1):
        book["人员"].cell(3, place, value)
    roster = read(saved(book), POSTS, TODAY)
    assert [person.name for person in roster.people] == ["赵敏"]
    assert roster.problems == ()


def test_the_empty_workbook_explains_itself():
    book = load_workbook(BytesIO(template()))
    assert book.sheetnames == ["说明", "人员", "任务", "值班", "地点"]
    assert [cell.value for cell in book["人员"][1]] == PEOPLE
    assert [cell.value for cell in book["任务"][1]] == TASKS
    assert [cell.value for cell in book["值班"][1]] == DUTIES
    for title in ("人员", "任务", "值班"):
        page = book[title]
        assert page.freeze_panes == "A2"
        assert any(str(cell.value).startswith("示例") for cell in page[2])
        assert all(cell.comment and cell.comment.text for cell in page[1])
    assert book["人员"].column_dimensions["B"].number_format == "@"
    (choice,) = book["值班"].data_validations.dataValidation
    assert "值班领导" in choice.formula1
    assert len(choice.formula1) <= 257
    told = "\n".join(str(row[0].value) for row in book["说明"].iter_rows())
    assert all(post in told for post in roster_words().posts)
    assert "{" not in told


def test_a_title_above_other_columns_and_another_order_are_understood():
    book = Workbook()
    page = book.worksheets[0]
    page.title = "Sheet1"
    page.merge_cells("A1:E1")
    page["A1"] = "第一小学教职工名单（2026年9月）"
    page.append(["序号", "职 务", "性别", "联系电话", "教师姓名（必填）"])
    page.append([1, "班主任", "男", 13800000001.0, "王　伟"])
    page.append([None, None, None, None, None])
    page.append([2, "校长", "女", "１３８ ００００ ０００２", " 李静 "])
    roster = read(saved(book), POSTS, TODAY)
    assert roster.problems == ()
    assert roster.people == (
        PersonRow("王伟", "13800000001", ("class_teacher",), "", {}),
        PersonRow("李静", "13800000002", ("principal",), "", {}),
    )


def test_bad_cells_are_named_and_good_rows_are_kept():
    roster = reading(
        人员=[
            PEOPLE,
            ["王伟", "1380000", "校长", None, None, None, None],
            [None, "13800000003", "校长", None, None, None, None],
            ["李静", None, "看门大爷、校长", None, "李静", None, None],
            ["赵敏", None, None, excel(2026, 3, 2), None, 1234567890123456789, None],
            ["孙" * 21, None, None, None, None, None, None],
            ["周芳", None, None, "#N/A", "zhoufang", None, None],
            ["吴刚", None, None, None, "ZhouFang", None, None],
        ]
    )
    assert [(person.name, person.phone, person.posts) for person in roster.people] == [
        ("王伟", "", ("principal",)),
        ("李静", "", ("principal",)),
        ("赵敏", "", ()),
        ("周芳", "", ()),
        ("吴刚", "", ()),
    ]
    assert [dict(person.accounts) for person in roster.people] == [{}, {}, {}, {"wecom": "zhoufang"}, {}]
    assert lines(roster) == [
        "人员 第 2 行 手机号：“1380000”不是 11 位手机号，先没有记",
        "人员 第 3 行 姓名：这一格要填",
        "人员 第 4 行 职务：不认识“看门大爷”，可填：校长、副校长、管理员、办公室主任、教导主任、德育主任、总务主任、安全主任……",
        "人员 第 4 行 企业微信账号：“李静”不像账号，账号只有字母、数字和符号，先没有记",
        "人员 第 5 行 钉钉账号(工号)：数字太长，Excel 已经改动了它，请把格式改成“文本”再填一次",
        "人员 第 5 行 年级班级：Excel 把这一格变成了日期，请把格式改成“文本”再填一次",
        "人员 第 6 行 姓名：太长了，最多 20 个字",
        "人员 第 7 行 年级班级：这一格是算错的公式（#N/A），请直接填内容",
        "人员 第 8 行 企业微信账号：“zhoufang”已经写在第 7 行了，这一行先没有记",
    ]


def test_two_people_of_one_name_need_a_phone_each():
    roster = reading(
        人员=[
            ["姓名", "手机号"],
            ["王伟", "13800000001"],
            ["王伟", "13800000002"],
            ["王 伟", "13800000002"],
            ["王伟", None],
            ["李静", None],
            ["李静", "13800000003"],
            ["赵敏", "13800000001"],
        ]
    )
    assert [(person.name, person.phone) for person in roster.people] == [
        ("王伟", "13800000001"),
        ("王伟", "13800000002"),
        ("李静", ""),
        ("赵敏", "13800000001"),
    ]
    assert lines(roster) == [
        "人员 第 4 行 姓名：和第 3 行是同一个人，这一行没有收",
        "人员 第 5 行 姓名：和第 2 行同名，请给两行都填上手机号，这一行先没有收",
        "人员 第 7 行 姓名：和第 6 行同名，请给两行都填上手机号，这一行先没有收",
        "人员 第 8 行 手机号：和第 2 行的手机号一样，请看看是不是填错了",
    ]


def test_several_people_in_one_cell_each_get_the_task_and_the_turn():
    roster = reading(
        任务=[TASKS, ["9月23日", "王伟、李静，赵 敏", "打扫\n操场", "9月25日"]],
        值班=[DUTIES, ["9月23日（周三）", "带班领导", "王伟 李静"]],
    )
    assert roster.problems == ()
    monday = date(2026, 9, 21)
    assert roster.tasks == tuple(
        TaskRow(name, "打扫 操场", date(2026, 9, 25), monday) for name in ("王伟", "李静", "赵敏")
    )
    assert [turn.name for turn in roster.turns] == ["王伟", "李静"]


def test_a_task_without_a_readable_deadline_is_a_problem():
    roster = reading(
        任务=[
            TASKS,
            [None, "王伟", "甲", "下周"],
            [None, "王伟", "乙", None],
            [None, "王伟", "丙", 9.3],
            [None, "王伟", "丁", excel(2016, 9, 30)],
            ["不知道", "王伟", "戊", "9月30日"],
        ]
    )
    assert [task.title for task in roster.tasks] == ["戊"]
    assert lines(roster) == [
        "任务 第 2 行 完成期限：看不懂“下周”，可以写成 9月30日 或 2026/9/30",
        "任务 第 3 行 完成期限：这一格要填",
        "任务 第 4 行 完成期限：看不懂“9.3”，可以写成 9月30日 或 2026/9/30",
        "任务 第 5 行 完成期限：“2016-09-30”离现在太远了，请看看年份对不对",
        "任务 第 6 行 周次开始日期(周一)：看不懂“不知道”，可以写成 9月30日 或 2026/9/30",
    ]


@pytest.mark.parametrize(
    "value",
    ["2026-09-30", "2026/9/30", "2026.9.30", "2026年9月30日", "2026年9月30号", "26.9.30", "9月30日", "9月30号", "9/30",
     "9-30", "20260930", 20260930, 46295, 46295.0, "９月３０日", " 9 月 30 日 ", "9月30日（周三）", "9月30日 星期三",
     "2026-09-30 00:00:00",
     "2026/9/30 17:00", date(2026, 9, 30), excel(2026, 9, 30, 17)],
)  # fmt: skip
def test_a_day_may_be_written_in_any_way(value):
    assert cells.day(value, TODAY) == date(2026, 9, 30)


@pytest.mark.parametrize(
    "value", ["", "下周三", "2026年2月30日", "13月1日", "9.31", True, 9.3, 1, "30", "2月29日", None]
)
def test_what_is_no_day_is_none(value):
    assert cells.day(value, TODAY) is None


def test_a_day_without_a_year_is_the_nearest_one():
    assert cells.day("1月5日", date(2026, 12, 20)) == date(2027, 1, 5)
    assert cells.day("12月28日", date(2027, 1, 4)) == date(2026, 12, 28)
    assert cells.day("2月29日", date(2027, 12, 1)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    "text", ["+86 138-0000-0001", "8613800000001", "0086 13800000001", "138 0000 0001", "１３８００００００01"]
)
def test_a_phone_may_be_written_in_any_way(text):
    assert cells.phone(text) == "13800000001"


@pytest.mark.parametrize("text", ["", "12800000001", "138000000011", "0533-1234567", "没有"])
def test_what_is_no_mobile_number_is_no_phone(text):
    assert cells.phone(text) == ""


def test_missing_headings_are_named():
    roster = reading(人员=[["工号", "电话"], ["1", "13800000001"]], 任务=[["随便", "写写"], ["a", "b"]], 值班=[])
    assert lines(roster) == [
        "人员 第 1 行 姓名：少了这一列，请加上",
        "任务：没有找到表头，要有这几列：责任人、任务、完成期限",
    ]
    assert lines(reading(成绩=[["语文", "数学"], [1, 2]])) == [
        "没有找到“人员”“任务”“值班”或“地点”这几张表，请用下载的样表来填。"
    ]


def test_formulas_are_read_as_what_excel_last_saw():
    content = workbook(人员=[["姓名", "职务"], ["王伟", "=A2"]])
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b"<f>A2</f><v" in sheet
    sheet = sheet.replace(b"<f>A2</f><v />", "<f>A2</f><v>校长</v>".encode()).replace(
        b"<f>A2</f><v/>", "<f>A2</f><v>校长</v>".encode()
    )
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="B2">', b'<c r="B2" t="str">')
    assert read(packed(parts), POSTS, TODAY).people[0].posts == ("principal",)


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {part: archive.read(part) for part in archive.namelist()}


def test_a_workbook_of_another_program_is_read_without_a_warning():
    """No default style and a sheet that claims to end at A1: what exporters other than Excel write."""
    parts = parts_of(workbook(人员=[["姓名", "职务"], ["王伟", "校长"]]))
    parts["xl/styles.xml"] = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'<dimension ref="A1:B2"' in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1"')
    roster = read(packed(parts), POSTS, TODAY)
    assert [person.name for person in roster.people] == ["王伟"]
    assert roster.problems == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧的 .xls"),
        ("姓名,手机号\n王伟,13800000001".encode(), "不是 Excel"),
        (b"PK\x03\x04 and then rubbish", "打不开"),
        (template()[:4000], "打不开"),
        (b"PK" + bytes(WORKBOOK_LIMIT), "太大"),
    ],
)
def test_what_is_no_workbook_is_one_friendly_problem(content, said):
    roster = read(content, POSTS, TODAY)
    assert (roster.people, roster.tasks, roster.turns) == ((), (), ())
    (problem,) = roster.problems
    assert said in str(problem)
    assert (problem.sheet, problem.row, problem.column) == ("", 0, "")


def test_other_zips_are_no_workbooks():
    for parts in ({"a.txt": b"hello"}, {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}):
        assert "不是 Excel" in str(read(packed(parts), POSTS, TODAY).problems[0])
    assert "打不开" in str(read(packed({"[Content_Types].xml": b"<Types/>"}), POSTS, TODAY).problems[0])


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    parts = parts_of(template())
    bomb = packed({**parts, "xl/media/image1.png": bytes(200 * 1024 * 1024)})
    assert len(bomb) < WORKBOOK_LIMIT
    assert "太大" in str(read(bomb, POSTS, TODAY).problems[0])
    many = packed({**parts, **{f"xl/media/{index}": b"" for index in range(600)}})
    assert "太大" in str(read(many, POSTS, TODAY).problems[0])


def test_an_xml_bomb_is_refused():
    parts = parts_of(workbook(人员=[["姓名"], ["王伟"]]))
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]><workbook>&l8;</workbook>"
    assert "打不开" in str(read(packed(parts), POSTS, TODAY).problems[0])


def test_a_row_at_the_end_of_the_world_costs_nothing_and_too_many_are_told():
    parts = parts_of(workbook(人员=[["姓名"], ["王伟"]]))
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        b"</sheetData>", b'<row r="1048576"><c r="A1048576" t="n"><v>7</v></c></row></sheetData>'
    )
    roster = read(packed(parts), POSTS, TODAY)
    assert [person.name for person in roster.people] == ["王伟"]
    names = [["姓名"], *[[f"教师{index}"] for index in range(ROWS + 5)]]
    roster = reading(人员=names)
    assert len(roster.people) == ROWS - 1
    assert f"只读了前 {ROWS} 行" in lines(roster)[0]


def test_hidden_sheets_are_passed_over():
    book = load_workbook(BytesIO(workbook(人员=[["姓名"], ["王伟"]], 值班=[DUTIES, ["9月22日", "校长", "王伟"]])))
    book["值班"].sheet_state = "hidden"
    roster = read(saved(book), POSTS, TODAY)
    assert len(roster.people) == 1
    assert roster.turns == ()


def test_words_that_are_not_right_are_named(tmp_path):
    (tmp_path / "roster").mkdir()
    (tmp_path / "posts.yaml").write_text("principal: [校长]", "utf-8")
    (tmp_path / "roster" / "workbook.yaml").write_text("example: 示例", "utf-8")
    with pytest.raises(ConfigError, match="workbook.yaml: about"):
        template(tmp_path)


VALUES = (
    st.none() | st.text(max_size=12) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
)
DATES = st.datetimes(excel(1990, 1, 1), excel(2060, 1, 1))
CELLS = VALUES.filter(lambda value: not isinstance(value, str) or value.isprintable()) | DATES


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, min_size=7, max_size=7), max_size=6))
def test_no_content_of_cells_raises_and_every_kept_row_fits_the_database(rows):
    roster = reading(
        人员=[PEOPLE, *rows], 任务=[TASKS, *[row[:4] for row in rows]], 值班=[DUTIES, *[row[:3] for row in rows]]
    )
    for person in roster.people:
        assert 0 < len(person.name) <= 20
        assert len(person.phone) in (0, 11)
        assert len(person.grade_class) <= 20
    assert all(problem.text and "\n" not in str(problem) for problem in roster.problems)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_never_raises(changes):
    content = bytearray(SAMPLE)
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    assert isinstance(read(bytes(content), POSTS, TODAY), Roster)


SAMPLE = workbook(人员=[PEOPLE, ["王伟", "13800000001", "校长", None, None, None, None]])
