// Words of what waits on other computers.

import { counted } from "./dates";

export const ELSEWHERE = {
  title: "Waiting on other computers",
  link: "See what waits on other computers",
  none: "No other computer has told the RA service of anything of yours that waits on it.",
  lead: "As each computer last told the RA service. To send what is yours, sign in to RA Desk on that computer and confirm that you recorded it.",
  limits:
    "A computer without a network cannot tell. It may hold more than is shown here, or have sent what is shown since. If a computer is lost or broken, tell your service desk.",
  computer: "Computer",
  here: "This computer",
  revoked: "Shut out by the RA service",
  whose: "Recorded by",
  you: "You",
  unknown: "Not known to the RA service",
  waits: "Waiting there",
  unsent: (count: number) => (count === 0 ? "None to send" : `${counted(count, "registration")} not sent`),
  oldest: (time: string) => `The oldest was recorded ${time}`,
  attention: (count: number) =>
    count === 1 ? "1 registration needs attention" : `${count} registrations need attention`,
  imported: (count: number, time: string) =>
    `${counted(count, "registration")} registered from a second copy, last ${time}`,
  heard: "Last heard of",
};
