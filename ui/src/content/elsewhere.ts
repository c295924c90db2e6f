// Words of what waits on other computers, and of the second copy of what waits here.

import type { NoSecondCopy, WaitingOnView } from "../bridge";
import { counted } from "./dates";

export const ELSEWHERE = {
  title: "What waits on other computers",
  link: "See what waits on other computers",
  none: "No other computer has reported that registrations of yours wait on it.",
  lead: "This is what each computer last reported. Registrations are sent from the computer they were recorded on.",
  limits: "A computer reports only while it is online and somebody is signed in, so this may be out of date.",
  more: "More waits than is shown here. Look at RA Desk on the computer itself.",
  computer: "Computer",
  here: "This computer",
  revoked: "Shut out by the RA service",
  whose: "Recorded by",
  you: "You",
  unknown: "Not known to the RA service",
  waits: "Waiting there",
  whatToDo: "What to do",
  unsent: (count: number) => (count === 0 ? "None to send" : `${counted(count, "registration")} not sent`),
  oldest: (time: string) => `The oldest was recorded ${time}`,
  attention: (count: number) =>
    count === 1 ? "1 registration needs attention" : `${count} registrations need attention`,
  /** What was taken in without its computer: the links are on that computer alone. */
  imported: (count: number, time: string) =>
    `${counted(count, "registration")} ${count === 1 ? "was" : "were"} taken in by your RA service ${time}, from that computer’s second copy. ${count === 1 ? "It is registered." : "They are registered."}`,
  find: "Find a person",
  /** What can be done, and where; nothing where nothing waits. */
  todo: ({ computer, here, own, author, revoked, imported_at, unsent, attention }: WaitingOnView): string[] => {
    const who = own ? "You" : (author ?? "Whoever recorded it");
    const there = here ? "here" : `on ${computer}`;
    const links =
      "Links of what was taken in are on that computer only. To give somebody a link, remove the account on their profile and register it again.";
    // What it does not send by itself is all that is left there once its copy was taken in.
    const send = own
      ? `Sign in to RA Desk ${there} and confirm what you recorded.`
      : `${who} can sign in to RA Desk ${there} and confirm it. If they are away, you can ${here ? "take it over in the outbox" : "sign in there and take it over"}.`;
    const lines = [
      imported_at && links,
      revoked &&
        !imported_at &&
        "The RA service takes nothing from it. Tell your IT service desk that registrations wait there.",
      !revoked && unsent > 0 && send,
      !revoked && attention > 0 && `${who} can sign in ${there} and open Needs attention in the outbox.`,
    ];
    return lines.filter((line) => line !== false && line !== null) as string[];
  },
  importedUnsent: (count: number) => `When it last reported, ${count} ${count === 1 ? "was" : "were"} not sent.`,
  heard: (time: string) => `Last reported ${time}`,
  from: (computer: string) => `whose registration was taken in from ${computer}`,
  of: (author: string | null) => `for what ${author ?? "another RA user"} recorded`,
};

const DISK = "The USB stick or disk for second copies";
const IT = "Tell your IT service desk.";

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
    not_writable: `${DISK} cannot be written. ${IT}`,
    slow: `${DISK} does not answer. RA Desk keeps trying. If this stays, tell your IT service desk.`,
    full: `${DISK} is full. ${IT}`,
    no_key: "RA Desk cannot make second copies until somebody has signed in with a connection.",
    key_changed: `RA Desk stopped making second copies, because the RA service’s key for them has changed. ${IT}`,
    not_set_up: `RA Desk cannot make second copies here. ${IT}`,
    not_known: "Sign in once with a connection, so that the RA service can check the copies.",
    not_signed: `RA Desk cannot sign second copies on this computer. ${IT}`,
    sealed: "Second copies of them are made when the RA user who recorded them signs in.",
    unreadable: `RA Desk cannot read them, and has kept them as they are. ${IT}`,
    store: `RA Desk could not read or write its file on this computer. ${IT}`,
  } satisfies Record<NoSecondCopy, string>,
};
