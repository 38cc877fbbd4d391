"""What happens to a picture's bytes: looked at with suspicion, made small, freed of what it tells, put in a folder.

A phone's photo carries where it was taken, when, by which device, sometimes whose face. The time is read, because a
hazard's photo should be of today; the rest never reaches our disk: pixels alone are encoded anew.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import struct
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import ExifTags, Image, ImageCms

from bot.clock import SCHOOL_TZ
from bot.errors import BotError, TryLater

BYTES = 20 * 1024 * 1024
"""Bytes of a picture that are looked at; a phone's largest is about 15 MB."""

PIXELS = 80_000_000
"""Width times height that is decoded: for 2.5 s up to 500 MB of memory (measured), so one picture at a time."""

FULL, SMALL = 2560, 640
"""Pixels of the longest side of the two copies."""

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "HEIF")

pillow_heif.register_heif_opener()  # idempotent; iPhones send nothing else from their files app

_ONE_AT_A_TIME = threading.Lock()

_BROKEN = (
    OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, SyntaxError, EOFError,
    RuntimeError, MemoryError, struct.error, ImageCms.PyCMSError, Warning,
)  # fmt: skip
"""What Pillow, its plugins and libheif raise for bytes that lie about themselves; Warning where warnings are errors."""

_UPRIGHT: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag 0x0112 Orientation: what undoes each value."""


class PhotoRefused(BotError):
    """Not a picture we keep. `reason` is one line of plain Chinese for the person who sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PhotoSize(StrEnum):
    """full: to look at, longest side 2560. small: to list, longest side 640. Both are JPEG."""

    FULL = "full"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Photo:
    """A cleaned picture. sha: SHA-256 of the bytes as they were sent, hex: the same photo sent twice has the same.

    taken_at: from the picture itself, None where it does not say or cannot be right.
    full, small: JPEG in sRGB, upright, without any metadata. width, height: pixels of `full`.
    """

    sha: str
    taken_at: datetime | None
    full: bytes
    small: bytes
    width: int
    height: int


def clean(content: bytes, received_at: datetime | None = None) -> Photo:
    """Check a picture and make its two copies. The type is read from the bytes, whatever a file's name said.

    JPEG, PNG, WebP, GIF and animated WebP (first frame), BMP, HEIC. received_at: a photo cannot be taken after it came.
    Safe from several threads; they take turns. Raises PhotoRefused.
    """
    if not content:
        raise PhotoRefused("这张照片是空的，请重新发一次")
    if len(content) > BYTES:
        raise PhotoRefused(f"照片超过 {BYTES // 1024 // 1024} MB，请压缩后再发")
    with _ONE_AT_A_TIME:
        picture, taken_at = _decode(content, received_at)
        try:
            full = _jpeg(picture, 85)
            width, height = picture.size
            picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
            small = _jpeg(picture, 80)
        except _BROKEN as error:
            raise PhotoRefused("这张照片处理不了，请换一张再发") from error
    return Photo(hashlib.sha256(content).hexdigest(), taken_at, full, small, width, height)


def _decode(content: bytes, received_at: datetime | None) -> tuple[Image.Image, datetime | None]:
    """The picture upright in RGB, no side longer than FULL, and when it was taken."""
    try:
        image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _BROKEN as error:
        raise PhotoRefused("这个文件不是照片，请发 JPG、PNG 或 HEIC 格式的照片") from error
    with image:
        if image.width * image.height > PIXELS:
            raise _too_many_pixels()
        try:
            image.draft(
                None, (FULL * 5 // 4, FULL * 5 // 4)
            )  # a JPEG is decoded at half, a quarter, ... where that is enough
            image.load()
        except _BROKEN as error:
            raise PhotoRefused("这张照片没有传完整，打不开，请重新发一次") from error
        try:
            turn, taken_at = _exif(image, received_at)
            return _upright_rgb(image, turn), taken_at
        except _BROKEN as error:
            raise PhotoRefused("这张照片处理不了，请换一张再发") from error


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(f"照片尺寸太大，请缩小到 {PIXELS // 1_000_000 // 10}000 万像素以内再发")


def _upright_rgb(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits of grey; converting would clip all but the darkest
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in ("P", "PA", "1"):  # these cannot be resized smoothly
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((FULL, FULL), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    return _srgb(image, profile)


def _srgb(image: Image.Image, profile: object) -> Image.Image:
    """Colours as every screen shows them; a profile that is broken or for other channels is passed over."""
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except _BROKEN:
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    picture.info.clear()  # Pillow writes a comment or a profile it finds there
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _exif(image: Image.Image, received_at: datetime | None) -> tuple[Image.Transpose | None, datetime | None]:
    """How to turn the picture, and when it was taken; (None, None) where that cannot be read.

    libheif turns a HEIC while decoding, and pillow-heif sets its orientation to 1.
    """
    try:
        exif = image.getexif()
        turn = _UPRIGHT.get(exif.get(ExifTags.Base.Orientation, 1))
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        taken = tags.get(ExifTags.Base.DateTimeOriginal)
        offset = tags.get(ExifTags.Base.OffsetTimeOriginal)
    except _BROKEN:
        return None, None
    return turn, _taken_at(taken, offset, received_at)


def _taken_at(taken: object, offset: object, received_at: datetime | None) -> datetime | None:
    """EXIF's "2026:09:30 07:45:12" and "+08:00"; without an offset the camera kept school time.

    None before 2005, where cameras without a set clock start, and for more than a day after it was received.
    """
    match = re.match(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", str(taken), re.ASCII)
    if match is None or not 2005 <= int(match[1]) <= 2099:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(offset))
    except ValueError:
        return None
    if received_at is not None and moment > received_at + timedelta(days=1):
        return None
    return moment.astimezone(UTC)


def _zone(offset: object) -> tzinfo:
    match = re.match(r"([+-])(0\d|1[0-4]):([0-5]\d)", str(offset), re.ASCII)
    if match is None:
        return SCHOOL_TZ
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead)


_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows knows no quota error


class PhotoStore:
    """A folder of cleaned photos, named by content: <folder>/ab/cd/abcd….full.jpg and ….small.jpg.

    Safe from several threads and processes: a file appears whole or not at all, and the same photo twice is one file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, photo: Photo) -> str:
        """Keep both copies; returns the photo's sha. Raises TryLater when the disk is full or refuses to be written."""
        try:
            for size, content in ((PhotoSize.FULL, photo.full), (PhotoSize.SMALL, photo.small)):
                _write(self.path(photo.sha, size), content)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise TryLater("磁盘满了，照片存不下", timedelta(minutes=10)) from error
            raise TryLater(f"照片文件夹写不进去（{type(error).__name__}）", timedelta(minutes=10)) from error
        return photo.sha

    def path(self, sha: str, size: PhotoSize = PhotoSize.FULL) -> Path:
        """Where a copy is, or would be: always in the folder. Raises ValueError for what is no SHA-256 or no size."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha, re.ASCII):
            raise ValueError("not a SHA-256 in lower-case hex")
        return self._folder / sha[:2] / sha[2:4] / f"{sha}.{PhotoSize(size).value}.jpg"

    def exists(self, sha: str, size: PhotoSize = PhotoSize.FULL) -> bool:
        """Whether the copy is there. Raises ValueError as path does."""
        return self.path(sha, size).is_file()

    def delete(self, sha: str) -> None:
        """Forget both copies; none there is as good. Raises ValueError as path does."""
        for size in PhotoSize:
            self.path(sha, size).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Beside and moved over, so that nobody reads half a picture; on the disk before it is called kept."""
    if path.is_file() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".draft", dir=path.parent)  # private to the owner
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
