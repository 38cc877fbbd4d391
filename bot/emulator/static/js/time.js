/** School time in words. Moments come as ISO 8601 with offset; the school's day is that of Asia/Shanghai wherever the browser is. */

const PARTS = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const WEEKDAYS = "日一二三四五六";
const SCHOOL_OFFSET_MS = 8 * 3600 * 1000; // China has kept one offset, without summer time, since 1991
const DAY_MS = 24 * 3600 * 1000;

/** {year, month, day, hour, minute, weekday} of a moment; hour and minute are two digits, weekday is one character. */
export function schoolParts(iso) {
  const moment = new Date(iso);
  const found = Object.fromEntries(PARTS.formatToParts(moment).map((part) => [part.type, part.value]));
  const weekday = WEEKDAYS[new Date(moment.getTime() + SCHOOL_OFFSET_MS).getUTCDay()];
  return { ...found, weekday };
}

/** "07:30" */
export function clockTime(iso) {
  const { hour, minute } = schoolParts(iso);
  return `${hour}:${minute}`;
}

/** "11月23日（周一）", with the year in front when it is not the one given. */
export function dayName(iso, yearNow = "") {
  const { year, month, day, weekday } = schoolParts(iso);
  const front = yearNow && yearNow !== year ? `${year}年` : "";
  return `${front}${month}月${day}日（周${weekday}）`;
}

/** "2026-11-23": equal for two moments of the same school day. */
export function dayKey(iso) {
  const { year, month, day } = schoolParts(iso);
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** Short and relative to the school's now, for lists: "07:30", "昨天", "11月20日". */
export function shortWhen(iso, now) {
  if (dayKey(iso) === dayKey(now)) return clockTime(iso);
  if (dayKey(iso) === dayKey(new Date(Date.parse(now) - DAY_MS).toISOString())) return "昨天";
  const { month, day } = schoolParts(iso);
  return `${month}月${day}日`;
}

/** When something due is, seen from now: "07:30", "明天 07:30", "周五 14:00", "11月30日（周一）07:30". */
export function dueWhen(iso, now) {
  const time = clockTime(iso);
  if (dayKey(iso) === dayKey(now)) return time;
  if (dayKey(iso) === dayKey(new Date(Date.parse(now) + DAY_MS).toISOString())) return `明天 ${time}`;
  if (Date.parse(iso) - Date.parse(now) < 6 * DAY_MS) return `周${schoolParts(iso).weekday} ${time}`;
  return `${dayName(iso, schoolParts(now).year)}${time}`;
}

/** The next Monday 07:30 of school time strictly after now, as ISO 8601. */
export function nextMonday(now) {
  const shifted = new Date(Date.parse(now) + SCHOOL_OFFSET_MS);
  shifted.setUTCHours(7, 30, 0, 0);
  do {
    if (shifted.getUTCDay() === 1 && shifted.getTime() - SCHOOL_OFFSET_MS > Date.parse(now)) break;
    shifted.setTime(shifted.getTime() + DAY_MS);
  } while (true);
  return new Date(shifted.getTime() - SCHOOL_OFFSET_MS).toISOString();
}

/** The same time of the next day. */
export function nextDay(now) {
  return new Date(Date.parse(now) + DAY_MS).toISOString();
}

/** "2026-11-23T07:30" for a datetime-local field, and back to ISO 8601 with the school's offset. */
export function toField(iso) {
  return `${dayKey(iso)}T${clockTime(iso)}`;
}

export function fromField(value) {
  return `${value}:00+08:00`;
}
