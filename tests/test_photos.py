"""Pictures as phones, screens and mischief make them, through the real Pillow and libheif."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from bot.errors import TryLater
from bot.photos import BYTES, Photo, PhotoRefused, PhotoSize, PhotoStore, clean

RECEIVED = datetime(2026, 9, 30, 1, 0, tzinfo=UTC)


def picture(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Red above, blue below, so that turning it shows."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (0, height // 2, width, height))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(taken: str | None = None, offset: str | None = None, orientation: int | None = None) -> Image.Exif:
    """A phone's metadata, with where it was taken."""
    data = Image.Exif()
    data[ExifTags.Base.Make] = "Huawei"
    if orientation is not None:
        data[ExifTags.Base.Orientation] = orientation
    inner = data.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        inner[ExifTags.Base.DateTimeOriginal] = taken
    if offset is not None:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    gps = data.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (36.0, 49.0, 12.0)
    return data


def shown(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def near(pixel: object, wanted: tuple[int, int, int], by: int = 14) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, wanted, strict=True))


def segments(jpeg: bytes) -> set[int]:
    """The markers before the image data of a JPEG (0xE0 is the plain JFIF header, 0xFE a comment)."""
    found, at = set(), 2
    while jpeg[at + 1] != 0xDA:
        found.add(jpeg[at + 1])
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF"])
def test_every_kind_of_picture_becomes_two_jpegs(kind):
    content = encoded(picture(), kind)
    photo = clean(content)
    assert photo.sha == hashlib.sha256(content).hexdigest()
    assert (photo.width, photo.height, photo.taken_at) == (400, 300, None)
    full, small = shown(photo.full), shown(photo.small)
    assert (full.format, full.mode, full.size) == ("JPEG", "RGB", (400, 300))
    assert (small.format, small.size) == ("JPEG", (400, 300))
    assert near(full.getpixel((200, 40)), (200, 30, 30))
    assert near(full.getpixel((200, 260)), (30, 30, 200))


def test_large_pictures_are_shrunk_to_2560_and_640():
    photo = clean(encoded(picture(6000, 3000), "JPEG"))
    assert (photo.width, photo.height) == (2560, 1280)
    assert shown(photo.small).size == (640, 320)


def test_a_very_thin_picture_keeps_at_least_a_pixel():
    photo = clean(encoded(picture(9000, 2), "PNG"))
    assert (photo.width, photo.height) == (2560, 1)
    assert shown(photo.small).size == (640, 1)


def test_nothing_but_pixels_is_kept():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(
        picture(), "JPEG", exif=exif("2026:09:30 07:45:12"), icc_profile=profile, comment=b"secret", xmp=b"<x:xmpmeta/>"
    )
    assert segments(content) >= {0xE1, 0xE2, 0xFE}
    photo = clean(content)
    for copy in (photo.full, photo.small):
        assert not segments(copy) & ({0xFE} | set(range(0xE1, 0xF0)))
        assert b"Huawei" not in copy
        assert not shown(copy).getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_time_taken_is_read_in_school_time_or_by_its_offset(kind):
    content = encoded(picture(), kind, exif=exif("2026:09:30 07:45:12"))
    assert clean(content).taken_at == datetime(2026, 9, 29, 23, 45, 12, tzinfo=UTC)
    content = encoded(picture(), kind, exif=exif("2026:09:30 07:45:12", "+09:00"))
    assert clean(content).taken_at == datetime(2026, 9, 29, 22, 45, 12, tzinfo=UTC)
    content = encoded(picture(), kind, exif=exif("2026:09:29 20:45:12", "-02:30"))
    assert clean(content).taken_at == datetime(2026, 9, 29, 23, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "taken",
    ["0000:00:00 00:00:00", "1980:01:01 00:00:00", "2026:13:01 00:00:00", "2026:02:30 10:00:00", "2026:10:02 09:00:00",
     "9999:12:31 23:59:59", "yesterday", "", "２０２６:09:30 07:45:12"],
)  # fmt: skip
def test_a_time_that_cannot_be_is_no_time(taken):
    photo = clean(encoded(picture(), "JPEG", exif=exif(taken.encode("utf-8").decode("latin-1"))), RECEIVED)
    assert photo.taken_at is None


def test_an_offset_that_cannot_be_is_passed_over():
    for offset in ("+99:00", "   :  ", "+08"):
        content = encoded(picture(), "JPEG", exif=exif("2026:09:30 07:45:12", offset))
        assert clean(content, RECEIVED).taken_at == datetime(2026, 9, 29, 23, 45, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_put_upright(kind, orientation):
    stored = picture() if orientation == 1 else picture().transpose(HELD[orientation])
    photo = clean(encoded(stored, kind, exif=exif(orientation=orientation)))
    full = shown(photo.full)
    assert full.size == (400, 300)
    assert near(full.getpixel((200, 40)), (200, 30, 30))
    assert near(full.getpixel((200, 260)), (30, 30, 200))


HELD = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera held that way stores an upright scene."""


def test_a_turned_heic_is_turned_once():
    """An iPhone says it twice: in the container (irot), which libheif obeys, and in EXIF, which HEIF says to ignore."""
    stored = picture().transpose(Image.Transpose.ROTATE_90)
    content = encoded(stored, "HEIF", exif=exif("2026:09:30 07:45:12", orientation=6).tobytes())
    assert b"irot" in content
    photo = clean(content)
    full = shown(photo.full)
    assert full.size == (400, 300)
    assert near(full.getpixel((200, 40)), (200, 30, 30))
    assert photo.taken_at == datetime(2026, 9, 29, 23, 45, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind):
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((200, 30, 30, 255), (0, 0, 200, 100))
    full = shown(clean(encoded(image, kind)).full)
    assert near(full.getpixel((100, 40)), (200, 30, 30))
    assert near(full.getpixel((100, 160)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_unusual_channels_become_plain_ones(mode):
    image = Image.new("I;16", (64, 64), 32768) if mode == "I;16" else Image.new("L", (64, 64), 255).convert(mode)
    photo = clean(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    grey = 128 if mode == "I;16" else 255
    assert near(shown(photo.full).getpixel((30, 30)), (grey, grey, grey))


def test_another_colour_space_is_turned_into_what_screens_show():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = bytearray(srgb)
    at = wide.index(b"rXYZ", 128)
    where = struct.unpack(">I", wide[at + 4 : at + 8])[0]
    wide[where + 8 : where + 12] = struct.pack(">i", int(0.6 * 65536))  # a redder red than sRGB's 0.436
    plain = encoded(picture(), "PNG")
    assert clean(encoded(picture(), "PNG", icc_profile=srgb)).full == clean(plain).full
    assert clean(encoded(picture(), "PNG", icc_profile=bytes(wide))).full != clean(plain).full
    assert clean(encoded(picture(), "PNG", icc_profile=lab)).full == clean(plain).full
    assert clean(encoded(picture(), "PNG", icc_profile=b"no profile at all")).full == clean(plain).full


def test_of_an_animation_the_first_picture_is_kept():
    frames = [picture(), Image.new("RGB", (400, 300), "green")]
    for kind in ("GIF", "WEBP", "PNG"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(shown(clean(content).full).getpixel((200, 40)), (200, 30, 30)), kind


def test_a_phones_double_jpeg_is_a_jpeg():
    content = encoded(picture(), "MPO", save_all=True, append_images=[picture(200, 150)])
    assert (clean(content).width, clean(content).height) == (400, 300)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"PK\x03\x04", b"\xff\xd8\xff",
     b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_one_line(content):
    with pytest.raises(PhotoRefused) as caught:
        clean(content)
    assert "照片" in caught.value.reason
    assert "\n" not in caught.value.reason


def test_pictures_of_other_kinds_are_refused():
    for kind in ("TIFF", "ICO", "PPM", "TGA", "PCX"):
        with pytest.raises(PhotoRefused, match="请发 JPG"):
            clean(encoded(picture(128, 128), kind))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF"])
def test_a_truncated_picture_is_refused(kind):
    noise = Image.frombytes("RGB", (300, 300), os.urandom(300 * 300 * 3))
    content = encoded(noise, kind)
    with pytest.raises(PhotoRefused):
        clean(content[: len(content) * 6 // 10])


def test_too_many_bytes_are_refused_before_they_are_looked_at():
    with pytest.raises(PhotoRefused, match="20 MB"):
        clean(encoded(picture(), "JPEG") + b"\x00" * BYTES)


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (9600, 9600), (20000, 20000), (65000, 65000)])
def test_a_bomb_is_refused_before_it_is_decoded(width, height):
    """A PNG of zeros says how large it is in its first bytes, and is a thousand times smaller on the wire."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )
    with pytest.raises(PhotoRefused, match="8000 万像素"):
        clean(content)


def test_several_threads_may_clean_at_once():
    contents = [encoded(picture(400 + index, 300), "HEIF" if index % 2 else "JPEG") for index in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert [photo.width for photo in pool.map(clean, contents)] == [400 + index for index in range(8)]


SAMPLES = [encoded(picture(80, 60), kind, exif=exif("2026:09:30 07:45:12")) for kind in ("JPEG", "PNG", "WEBP", "HEIF")]
SAMPLES += [encoded(picture(80, 60), kind) for kind in ("GIF", "BMP")]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_ends_in_a_photo_or_a_refusal(sample, changes):
    content = bytearray(sample)
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    try:
        photo = clean(bytes(content))
    except PhotoRefused:
        return
    assert shown(photo.full).size == (photo.width, photo.height)


@pytest.fixture
def store(tmp_path):
    return PhotoStore(tmp_path / "photos")


def a_photo(width: int = 60) -> Photo:
    return clean(encoded(picture(width, 40), "JPEG"))


def test_a_photo_is_kept_by_its_content(store, tmp_path):
    photo = a_photo()
    assert not store.exists(photo.sha)
    assert store.put(photo) == photo.sha
    assert store.path(photo.sha, PhotoSize.FULL).read_bytes() == photo.full
    assert store.path(photo.sha, PhotoSize.SMALL).read_bytes() == photo.small
    place = store.path(photo.sha).relative_to(tmp_path / "photos")
    assert place.parts[:2] == (photo.sha[:2], photo.sha[2:4])
    store.put(photo)
    assert sorted(path.name for path in place_of(store, photo)) == [f"{photo.sha}.full.jpg", f"{photo.sha}.small.jpg"]


def place_of(store: PhotoStore, photo: Photo) -> list:
    return list(store.path(photo.sha).parent.iterdir())


def test_a_deleted_photo_is_gone_and_deleting_twice_is_fine(store):
    photo, other = a_photo(), a_photo(61)
    store.put(photo)
    store.put(other)
    store.delete(photo.sha)
    store.delete(photo.sha)
    assert not store.exists(photo.sha, PhotoSize.FULL)
    assert not store.exists(photo.sha, PhotoSize.SMALL)
    assert store.exists(other.sha)


@given(
    st.text(max_size=80)
    | st.sampled_from(["../" * 22 + "ab", "/etc/passwd", "A" * 64, "a" * 64 + "\n", "a" * 63 + "/"])
)
def test_no_name_leads_out_of_the_folder(name):
    store = PhotoStore(Path("/nowhere"))
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(name)
    with pytest.raises(ValueError, match="SHA-256"):
        store.delete(name)


def test_the_same_photo_from_many_threads_is_one_file(store):
    photo = a_photo()
    gate = threading.Barrier(6)

    def put() -> str:
        gate.wait()
        return store.put(photo)

    with ThreadPoolExecutor(6) as pool:
        assert {task.result() for task in [pool.submit(put) for _ in range(6)]} == {photo.sha}
    assert len(place_of(store, photo)) == 2


def test_a_full_disk_says_so_and_leaves_nothing_behind(store, monkeypatch):
    photo = a_photo()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TryLater, match="磁盘满了"):
        store.put(photo)
    assert place_of(store, photo) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "photos").write_text("a file where the folder should be")
    with pytest.raises(TryLater, match="写不进去"):
        PhotoStore(tmp_path / "photos").put(a_photo())
