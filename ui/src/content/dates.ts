// Dates and times as English people read them: 23 November 2026, 2:30pm.

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `1985-03-27` as 27 March 1985. */
export function birthDate(date: string | null): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? "") ?? [];
  return year ? `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}` : "Not known";
}

/** A time of RFC 3339; fractions beyond milliseconds are cut, since not every web view reads them. */
export function instant(time: string): Date {
  return new Date(time.replace(/(\.\d{3})\d+/, "$1"));
}

/** 2:30pm; midnight and midday in words. */
export function clockTime(time: string): string {
  const at = instant(time);
  const [hours, minutes] = [at.getHours(), at.getMinutes()];
  if (minutes === 0 && hours === 0) return "midnight";
  if (minutes === 0 && hours === 12) return "midday";
  const past = minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`;
  return `${hours % 12 === 0 ? 12 : hours % 12}${past}${hours < 12 ? "am" : "pm"}`;
}

/** 23 November 2026. */
export function day(time: string): string {
  const at = instant(time);
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
}

/** 23 November 2026 at 2:30pm; only the time when it is today. */
export function dayAndTime(time: string, now: Date = new Date()): string {
  const at = instant(time);
  const today = at.toDateString() === now.toDateString();
  return today ? `today at ${clockTime(time)}` : `${day(time)} at ${clockTime(time)}`;
}

/** *today at 2:30pm*, *on 23 November 2026 at 2:30pm*: after what was done then. */
export function onDay(time: string): string {
  const at = dayAndTime(time);
  return at.startsWith("today") ? at : `on ${at}`;
}

/** `555086689106` as 5550 8668 9106, in the groups people read aloud. */
export function grouped(uuid: string): string {
  return uuid.replace(/(\d{4})(?=\d)/g, "$1 ");
}

/** 90 as 1 minute 30 seconds. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  const parts = [];
  if (minutes > 0) parts.push(counted(minutes, "minute"));
  if (rest > 0 || minutes === 0) parts.push(counted(rest, "second"));
  return parts.join(" ");
}

/** 1 registration, 2 registrations. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}
