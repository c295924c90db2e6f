// Words of what waits on other computers, and of the second copy of what waits here.

import type { NoSecondCopy } from "../bridge";
import { counted } from "./dates";

export const ELSEWHERE = {
  title: "Not sent, by computer",
  link: "See what is not sent, by computer",
  none: "No other computer has reported registrations of yours that are not sent.",
  lead: "This is what each computer last reported. To send yours, sign in to RA Desk on that computer and confirm them. An RA manager can take over a colleague’s there.",
  limits:
    "A computer reports only while it is online and somebody is signed in, so this may be out of date. If a computer is lost or broken, tell your IT service desk.",
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
  /** What was taken in without its computer: the links are on that computer alone. */
  imported: (count: number, time: string) =>
    count === 1
      ? `1 registration was taken in by your RA service ${time}, from that computer’s second copy. It is registered. Its link is on that computer only: to give them a link, remove the account on their profile and register it again.`
      : `${counted(count, "registration")} were taken in by your RA service ${time}, from that computer’s second copy. They are registered. Their links are on that computer only: to give somebody a link, remove the account on their profile and register it again.`,
  importedUnsent: (count: number) =>
    count === 0
      ? "When it last reported, none waited to be sent."
      : `When it last reported, ${count.toLocaleString("en-GB")} ${count === 1 ? "was" : "were"} not sent.`,
  heard: "Last reported",
};

export const SECOND_COPY = {
  title: "No second copy",
  count: (count: number | null) =>
    count === null
      ? "Registrations that wait here may have no second copy. RA Desk could not count them."
      : count === 0
        ? "There is no second copy of what you record without a connection."
        : `${counted(count, "registration")} that ${count === 1 ? "waits" : "wait"} here ${count === 1 ? "has" : "have"} no second copy. ${count === 1 ? "It is" : "They are"} saved on this computer only.`,
  why: {
    away: "RA Desk cannot reach the USB stick or disk for second copies. Check that it is plugged in.",
    not_writable: "The USB stick or disk for second copies cannot be written. Tell your IT service desk.",
    slow: "The USB stick or disk for second copies does not answer. RA Desk keeps trying. If this stays, tell your IT service desk.",
    full: "The USB stick or disk for second copies is full. Tell your IT service desk.",
    no_key: "RA Desk cannot make second copies until somebody has signed in with a connection.",
    key_changed:
      "RA Desk stopped making second copies, because the RA service’s key for them has changed. Tell your IT service desk.",
    not_set_up: "RA Desk cannot make second copies here. Tell your IT service desk.",
    not_known: "Sign in once with a connection, so that the RA service can check the copies.",
    not_signed: "RA Desk cannot sign second copies on this computer. Tell your IT service desk.",
    unreadable: "RA Desk cannot read them, and has kept them as they are. Tell your IT service desk.",
    store: "RA Desk could not read or write its file on this computer. Tell your IT service desk.",
  } satisfies Record<NoSecondCopy, string>,
};
