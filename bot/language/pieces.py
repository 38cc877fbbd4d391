"""One message, several things: cut where another thing is wrong, or the same is wrong somewhere else.

What belongs together stays together: a part (螺丝) with its thing, a consequence (地面湿滑 after 漏水), what was done about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.language.amounts import AMOUNT, amount
from bot.language.lexicon import Hit
from bot.language.places import Mention

_MARK = re.compile(
    r"(?:^|(?<=[\n,。;:、 )]))\s*(?:\(?\d{1,2}[.、):](?!\d)|\([一二三四五六七八九十]\)|[一二三四五六七八九十][、.](?![一二三四五六七八九十])|[一二三四五六]是|第[一二三四五六](?:个|处|条)?[,、:是])|(?<=[\u4e00-\u9fff])\d[.、)](?=[\u4e00-\u9fffA-Z])"
)
_HARD = re.compile(r"[\n;]")
_SOFT = re.compile(r"[,。!?、 :~]|然后(?!再)|接着")
_ALSO = re.compile(
    r"(?:还有(?!点|股|味|气味|一点|些|几|多少|人|没|谁|哪|用|课|学生|孩子|老师|事)|另外|此外|再就是|再有就是|顺便|对了|其次|除此之外|与此同时|并且|以及|还发现|又发现)"
)
CONSEQUENCE = re.compile(
    r"容易|怕|(?<![动班开晨例长])会(?!议|场)|万一|差点|影响|导致|以免|要是|不敢|没法|险些|危险|担心|一不小心|谁都|小孩都|孩子都|孩子一|学生一|一翻|伸进去|能.{0,2}(?:翻|爬|钻|掉|摔)|学生都|老师都|绊(?:脚|人|倒)|硌脚|扎脚|碰头|撞头|滑得|(?:路|道|过|走|进|出|开|关|打|推|拉|拧)[^,]{0,2}都[^,]{0,4}不|都[^,]{0,2}(?:走|过|进|出|开|关|打|推|拉|拧|坐|站|睁|待|用|喘|躲)[^,]{0,2}(?:不|没)|都没法|幸好|好在|所以|因为|估计|可能|应该是|听说|怀疑"
)
AFTERMATH = re.compile(
    r"^[^,也]{1,8}都(?!是|有|在|没人|要)|^(?:再|真|要真|要是|一旦|万一|倘若|如果|到时候?|等)[^,]{1,12}"
    r"|^(?:[那这]?(?:学生|孩子|小孩子?|娃娃?|小朋友|同学|老师|家长|行人|路人|人|大家|谁|我们?|咱们?|他们|司机|男生|女生|个子高的孩子)们?)(?:[^,]{0,6}?)(?:能|会|要|得|老|总|爱|直|都|只能|只好|没法|不敢|绕|躲|往|捂|喊|抱怨)"
    r"|^(?:像|好像|看着像|看样子|闻着像|估计|可能|怕是|应该是|多半|八成|好在|幸亏)"
    r"|^(?:里面|里头|上面|上头|旁边|地上|墙上|桌上|台上|边上|下面|底下|四周|周围|后面|前面|外面)(?:还|都|全|净|就|正好|正|直接)?(?:有|是|没|露|全是|都是|站|坐|放)|^[^,]{0,3}(?:车|人|门|孩子|学生|老师)[^,]{0,3}(?:掉|过|进|出|走|停|错|开|通|站|坐|关)不(?:过|了|去|来|开|下|得|成|上)|^(?:露出?|露着|张着|敞着|剩)|^(?:柜|箱|盒|架|本|壳|瓶|袋|桶)子?(?:是|都是|里)?空"
)
"""How a clause goes on about what was told before it: its mark on other things, who suffers, what would be, where it stands."""

_TOLD_OFF = re.compile(
    r"(?P<n>[二两俩三仨四五六2-6])(?:处|个|件|样|点|条|地方)?(?:问题|隐患|毛病|事儿?|地方|情况|需要)?(?:要报|要修|要弄)?[:,]"
)
"""三处: — so many are to come."""

_HANDLED = re.compile(
    r"^(?:我|我们)?(?:已经?|先|暂时|都已|刚|临时|均已|现已)|^(?:请|赶紧|麻烦|尽快|抓紧|希望|建议|需要|得|最好|申请|要求|望|能不能|快|务必|谁)"
)
_CONTINUES = re.compile(r"^\s*(?:还|也|又|都|并|且|而且|甚至|连|把|搞得|弄得|害得)")
_UNGUARDED = re.compile(
    r"(?:牌子?|警示|提示|标志|标识|警戒线|围挡|锥桶|路锥|遮挡|防护|措施|通知)[^,]{0,4}(?:没|未|不|无)|(?:没|未|也不|无)[^,]{0,4}(?:牌子?|警示|提示|标志|警戒线|围挡|锥桶|路锥|遮挡|措施)|(?:还|也|都|一直|到现在)*没(?:人)?(?:去|来)?(?:清|扫|擦|收拾|拖|捡|管|修|换|补|处理|弄)"
)
"""What nobody did about it: 牌子也没放, 碎渣还没清."""
_TOO = re.compile(
    r"^[^,]{1,9}?也(?!不知|许|可能|是[这那]|没人|就|得|怕|不敢|想|都|能|会|该|要|没(?:放|摆|设|拉|清|管|关|锁|用|办法|法))"
)
"""右后胎也磨平了: one more."""
_GRADE = re.compile(r"^\s*[一二三四五六1-6]年级")
_PARTS = frozenset(
    (
        "阀门",
        "开关",
        "把手",
        "指针",
        "锁芯",
        "螺丝",
        "底座",
        "盖子",
        "柜门",
        "箱门",
        "按钮",
        "插销",
        "合页",
        "门锁",
        "门把手",
        "锁",
        "水",
        "水压",
        "压力表",
        "门",
        "钥匙",
        "滤芯",
        "电源",
        "轮子",
        "指示灯",
        "小绿灯",
        "小红灯",
        "绿灯",
        "红灯",
        "电源灯",
        "状态灯",
        "灯帽",
        "灯芯",
        "灯罩",
        "屏幕",
        "卡扣",
        "盖板",
        "玻璃",
        "面板",
    )
)
"""Nearly everything has one: 消火栓没水, 阀门拧到底都不出来 is about the hydrant."""
_WEAK = {"in_use", "risky", "lots", "deteriorated"}
_WHOLE = {"hoop", "door", "window", "ceiling", "wall", "lamp", "wire", "pipe", "ground", "bars", "panel", "camera", "escape", "crowd", "chase", "climb", "vehicle", "vendor", "lift", "boiler", "gas", "heating", "tree", "construction", "symptom", "guard_duty", "hydrant", "extinguisher", "alarm", "sample", "leak", "structure", "socket", "animal", "pump", "aircon", "drinking", "stair", "manhole", "net", "ground_state", "rubbish", "chem_cabinet", "floor", "crossing", "staff", "barrier", "water", "inspection", "bus", "rail", "hanging", "hygiene", "smoking"}  # fmt: skip
"""Groups whose words are parts of one another: 篮球架 and 篮板 in one breath are one hazard."""
_ONE = {"leak", "net", "ground_state", "symptom", "chase", "crowd", "climb", "wall", "ceiling", "rubbish", "ground", "lamp", "animal", "hoop", "hygiene"}  # fmt: skip
"""Groups of which 也 tells the same once more."""
_ACCOUNTS = {"account", "net", "screen", "network_signs"}
_EFFECTS = {"ground", "ground_state", "rubbish", "utility_signs", "building_parts"}
_SHARE = re.compile(
    rf"^(?:的)?(?:有|那边|各|还有|也有|那里)?({AMOUNT})(?:个|处|台|盏|块|具|把|条|只|根|张|扇)?(?:的)?$"
)


@dataclass(slots=True)
class Piece:
    """Part of a message that speaks of one thing. spans: its clauses. count: told apart from the others by 北门一个."""

    spans: list[tuple[int, int]]
    hits: list[Hit] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    count: int | None = None
    hard: bool = False
    of: Piece | None = None

    def stated(self, whole: str) -> list[tuple[int, int]]:
        """The clauses that state something, without those that only fear it (小孩都爱趴那) or tell its mark on other things."""
        if len(self.spans) == 1:
            return self.spans
        return [
            span
            for at, span in enumerate(self.spans)
            if not CONSEQUENCE.search(whole[slice(*span)]) and not (at and AFTERMATH.match(whole[slice(*span)].strip()))
        ] or self.spans

    def text(self, whole: str) -> str:
        return " ".join(whole[start:end] for start, end in self.spans)

    @property
    def things(self) -> list[Hit]:
        return [hit for hit in self.hits if "thing" in hit.word.things.values() or "sign" in hit.word.things.values()]

    @property
    def faults(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.word.fault and not hit.word.tags <= _WEAK]

    @property
    def whole(self) -> bool:
        """Whether it says what is wrong."""
        return bool(self.faults)

    def has(self, *kinds: str) -> bool:
        return any(each.kind in kinds for each in self.mentions)


def cut(
    text: str, hits: Sequence[Hit], mentions: Sequence[Mention], protected: Sequence[tuple[int, int]]
) -> list[Piece]:
    """The pieces of a message, in order; those without any word of a hazard are joined to a neighbour.

    protected: spans (dates, classes, lists of places) that no comma inside of them divides.
    """
    clauses = [
        part
        for clause in _clauses(text, [*protected, *((each.start, each.end) for each in mentions)])
        for part in _run_on(text, clause, hits, mentions)
    ]
    pieces: list[Piece] = []
    told_off = _told_off(text, clauses, hits)
    for start, end, hard in clauses:
        hard = hard or start in told_off
        clause = Piece(
            [(start, end)],
            [hit for hit in hits if start <= hit.start < end],
            [each for each in mentions if start <= each.start < end],
            hard=hard,
        )
        words = text[start:end]
        if pieces and _begins_another(words, clause, pieces[-1]):
            pieces.append(clause)
        elif pieces:
            _join(pieces[-1], clause)
        else:
            pieces.append(clause)
    return _shared_out(text, pieces)


def _told_off(text: str, clauses: Sequence[tuple[int, int, bool]], hits: Sequence[Hit]) -> set[int]:
    """Where the parts of 「三处:…,…,…」 begin, if as many clauses name a thing and a fault as were told off."""
    match = _TOLD_OFF.search(text)
    if match is None or any(hard and start > match.end() for start, _, hard in clauses):
        return set()
    telling = [
        start
        for start, end, _ in clauses
        if start >= match.start()
        and any(start <= hit.start < end and hit.word.things for hit in hits)
        and any(start <= hit.start < end and hit.word.fault for hit in hits)
        and not CONSEQUENCE.search(text[start:end])
    ]
    return set(telling) if len(telling) == amount(match["n"]) else set()


def _join(piece: Piece, more: Piece) -> None:
    piece.spans += more.spans
    piece.hits += more.hits
    piece.mentions += more.mentions


def _begins_another(words: str, clause: Piece, before: Piece) -> bool:
    if not (clause.things or clause.faults) or not (before.things or before.faults):
        return False
    if clause.hard:
        return bool(clause.things or clause.faults)
    if not before.whole or not clause.faults or _HANDLED.match(words):
        return False
    placed = clause.has("area", "floor", "class", "room", "number") and _place_first(clause)
    if placed and _other_place(clause, before):
        return True
    if not placed and not _TOO.match(words) and AFTERMATH.match(words.strip()):
        return False
    if not clause.things or CONSEQUENCE.search(words) or words.startswith(("把", "被", "搞得", "弄得", "害得")):
        return False
    thing, fault = clause.things[0], clause.faults[0]
    if fault.start < thing.start and (_CONTINUES.match(words) or not fault.word.tags & {"missing", "piled"}):
        return False
    tags, earlier = set(thing.word.tags), set().union(*(hit.word.tags for hit in before.hits))
    too = _TOO.match(words) is not None
    if too and _GRADE.match(words):
        return True
    if not placed and (_UNGUARDED.search(words) or (not too and before.things and _only_parts(clause))):
        return False
    if "ingredient" in tags and earlier & {"cold", "wrong", "dark", "broken"} and "kitchen" in earlier:
        return False
    if tags & _ACCOUNTS and earlier & _ACCOUNTS and not placed:
        return False
    if "animal" in tags and not placed and earlier & {"kitchen", "ingredient", "rubbish", "sample", "dirty"}:
        return False
    if "kitchen" in tags and not too and "animal" in earlier and re.search("[防灭驱挡粘纱]", words):
        return False
    if thing.word.things and set(thing.word.things.values()) == {"sign"} and thing.text[0] in "没未不无":
        return False
    if tags & {"wall", "floor", "ceiling"} and earlier & {"leak", "utility_signs", "building_signs", "wet"}:
        return False
    if tags & _EFFECTS and earlier & {"leak", "clog", "utility_signs", "slippery", "dirty"}:
        return False
    if tags & {"wire"} and earlier & {"socket", "lamp", "panel", "electric_parts"}:
        return False
    if tags & {"door"} and earlier & {"lift", "bus", "barrier", "fire_door", "lift_signs"}:
        return False
    if not placed and all(set(hit.word.things.values()) == {"sign"} for hit in clause.things):
        theirs = {category for hit in before.things for category in hit.word.things}
        if theirs & {category for hit in clause.things for category in hit.word.things}:
            return False
    said = {hit.text for hit in before.things}
    if any(thing.text in other or other in thing.text for other in said):
        return False
    shared = {hit_tag for hit in before.things for hit_tag in hit.word.tags} & tags
    return (too and not shared & _ONE and not _only_parts(clause)) or not shared & _WHOLE


def _only_parts(clause: Piece) -> bool:
    return all(hit.text in _PARTS for hit in clause.hits if hit.word.things)


def _place_first(clause: Piece) -> bool:
    first = min(each.start for each in clause.mentions if each.kind in ("area", "floor", "class", "room", "number"))
    return first <= min((hit.start for hit in (*clause.things, *clause.faults)), default=first)


def _other_place(clause: Piece, before: Piece) -> bool:
    """Whether the clause names a place of its own, and not more of the same."""
    for kind in ("area", "class", "room", "number", "floor"):
        own = {str(each.value) for each in clause.mentions if each.kind == kind}
        theirs = {str(each.value) for each in before.mentions if each.kind == kind}
        if own and theirs:
            return own != theirs
    return before.has("area", "floor", "class", "room", "spot")


def _clauses(text: str, protected: Sequence[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    """(start, end, whether a mark said that something new begins)."""
    cuts: dict[int, tuple[int, bool]] = {}
    for pattern, hard in ((_SOFT, False), (_HARD, True), (_ALSO, True), (_MARK, True)):
        for match in pattern.finditer(text):
            if not any(
                start < match.start() < end or start < match.end() <= end
                for start, end in protected
                if start < match.start()
            ):
                cuts[match.start()] = (match.end(), hard)
    clauses, position, hard = [], 0, False
    for at, (after, is_hard) in sorted(cuts.items()):
        if at < position:
            hard = hard or is_hard
            position = max(position, after)
            continue
        if text[position:at].strip():
            clauses.append((position, at, hard))
            hard = False
        hard = hard or is_hard
        position = after
    if text[position:].strip():
        clauses.append((position, len(text), hard))
    return clauses


def _run_on(
    text: str, clause: tuple[int, int, bool], hits: Sequence[Hit], mentions: Sequence[Mention]
) -> list[tuple[int, int, bool]]:
    """Cut a clause without commas where, after a thing and its fault, another place or 了 and another thing begins."""
    start, end, hard = clause
    inside = [hit for hit in hits if start <= hit.start < end]
    if sum(hit.word.fault for hit in inside) < 2:
        return [clause]
    points = [
        each.start
        for each in mentions
        if each.kind in ("area", "floor", "class", "room", "number")
        and start < each.start < end
        and text[each.start - 1] not in "在到往向从去给被把跟和是、的与及至由离"
    ]
    points += [
        hit.start
        for hit in inside
        if hit.word.things
        and text[hit.start - 1] in "了啦呢"
        and hit.start > start
        and "part" not in hit.word.things.values()
    ]
    for point in sorted(points):
        left = [hit for hit in inside if hit.end <= point]
        right = [hit for hit in inside if hit.start >= point]
        if (
            any(hit.word.fault for hit in left)
            and any(hit.word.things for hit in left)
            and any(hit.word.fault for hit in right)
        ):
            return [(start, point, hard), *_run_on(text, (point, end, False), hits, mentions)]
    return [clause]


def _shared_out(text: str, pieces: list[Piece]) -> list[Piece]:
    """监控有三个黑屏,北门一个,车棚两个: one piece per place, each with its count."""
    result: list[Piece] = []
    for piece in pieces:
        shares: list[tuple[int, Piece]] = []
        for at, (start, end) in enumerate(piece.spans):
            if at == 0:
                continue
            places = [each for each in piece.mentions if start <= each.start < end]
            if not places or any(start <= hit.start < end and hit.word.things for hit in piece.hits):
                continue
            match = _SHARE.match(text[places[-1].end : end].strip())
            if match and places[0].start <= start + 1:
                shares.append((at, Piece([(start, end)], list(piece.hits), places, count=amount(match[1]))))
        if len(shares) < 2:
            result.append(piece)
            continue
        rest = [span for at, span in enumerate(piece.spans) if at not in {at for at, _ in shares}]
        for _, share in shares:
            share.of = piece
            share.spans = rest[:1] + share.spans + rest[1:]
            result.append(share)
    return result
