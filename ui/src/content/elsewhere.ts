// Words of what waits on other computers, and of the second copy of what waits here.

import type { NoSecondCopy } from "../bridge";
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

export const SECOND_COPY = {
  title: "No second copy",
  count: (count: number) =>
    count === 0
      ? "What you record now is saved on this computer only."
      : `${counted(count, "registration")} that ${count === 1 ? "waits" : "wait"} here ${count === 1 ? "has" : "have"} no second copy. ${count === 1 ? "It is" : "They are"} saved on this computer only.`,
  why: {
    away: "The USB stick or disk for second copies is not there. Put it back in. RA Desk then makes the copies that are missing.",
    not_writable: "The USB stick or disk for second copies cannot be written. Tell your service desk.",
    full: "The USB stick or disk for second copies is full. Tell your service desk.",
    no_key: "Sign in once with a connection, so that RA Desk knows how to seal the copies.",
    key_changed: "The RA service names another key for second copies than before. Tell your service desk.",
    not_set_up: "This computer is not set up to make them. Tell your service desk.",
  } satisfies Record<NoSecondCopy, string>,
};
