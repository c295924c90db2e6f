// Words of working without a connection: the PIN, until when, and what waits for a sign-in.

import type { NotKeptView, OfflineEnd } from "../bridge";
import { counted, dayAndTime } from "./dates";
import { kept } from "./keeping";

/** *3:30pm* where that is today, else *26 November 2026 at 2:30pm*. */
const till = (time: string) => dayAndTime(time).replace("today at ", "");

/** What waits until they have signed in. */
export const NOTHING_SENT = "Nothing is sent until you sign in and say that you recorded it.";

export const OFFLINE_WORK = {
  link: "Work without a connection",
  title: "Work without a connection",
  lead: "If this computer loses its connection, you can go on with a PIN of your own.",
  can: [
    "You can finish drafts and record them on this computer.",
    "You cannot find people: that needs a connection.",
    NOTHING_SENT,
  ],
  until: (until: string) =>
    `You can work on this computer without a connection until ${till(until)}. That time begins anew each time you sign in.`,
  ended: "You have a PIN here, but no leave to work without a connection. RA Desk asks for it when you sign in.",
  set: "Set a PIN",
  change: "Change your PIN",
  rules:
    "Choose 8 to 64 characters that others would not guess: not your name, one character again and again, or a run such as 12345678.",
  pin: "PIN",
  again: "The same PIN again",
  button: "Set this PIN",
  busy: "Setting your PIN",
  only: "RA Desk never shows your PIN, and nobody can look it up. If you forget it, nothing is lost: sign in and set a new one.",
  notNow: "To set a PIN, sign out and sign in again. For 10 minutes after that you can set one here.",
  remove: "Remove your PIN",
  removed: "Your PIN is removed. Without one you cannot work here without a connection.",
  done: "Your PIN is set.",
  not: (why: NotKeptView) =>
    why === "forgets"
      ? "Nobody can work without a connection on this computer: it forgets what is written on it."
      : why === "network_folder"
        ? "Nobody can work without a connection on this computer: RA Desk’s data folder is on the network."
        : "Your organisation does not allow work without a connection.",
};

export const WHO = {
  title: "Who are you?",
  lead: "These people have a PIN on this computer.",
  none: "Nobody has a PIN on this computer.",
  noneHow: "You need a connection to sign in. Once you are signed in, you can set a PIN for the next time.",
  choose: (name: string) => `I am ${name}`,
  until: (until: string) => `Can work without a connection until ${till(until)}`,
  signIn: "Sign in with my Care Identity instead",
};

/** Why somebody's PIN opens nothing now, and what to do. */
export const ENDED: Record<OfflineEnd, string> = {
  over: "The time to work without a connection has ended. Sign in with your Care Identity to go on.",
  clock_was_ahead:
    "The time to work without a connection has ended early, because this computer’s clock was ahead for a while. Put the clock right and sign in with your Care Identity to go on.",
  elsewhere:
    "The leave to work without a connection is for another role, or for this computer as it was before. Sign in with your Care Identity to go on.",
};

export const ENTER_PIN = {
  title: "Enter your PIN",
  as: (name: string, role: string) => `You are ${name}, ${role}. Everything you record is in your name.`,
  pin: "PIN",
  left: (tries: number) => `${counted(tries, "try", "tries")} left. After that the PIN does not work any more.`,
  wait: (until: string) => `Wait until ${till(until)} before you try again.`,
  button: "Work without a connection",
  unlock: "Unlock",
  busy: "Checking your PIN",
  forgotten: "I have forgotten my PIN",
};

export const FORGOTTEN = {
  title: "If you have forgotten your PIN",
  nothing: "Nothing is lost.",
  next: "Sign in with your Care Identity when there is a connection. Then choose Work without a connection at the foot of the page and set a new PIN.",
  nobody: "Nobody can tell you the old one: RA Desk does not keep it.",
  paper: "If you cannot wait, write the registration on paper.",
};

export const LOCKED = {
  title: "RA Desk is locked",
  whose: (name: string, notKept: NotKeptView | null) => `${name} is working here and is away. ${kept(notKept)}`,
  noPin: "The PIN does not work any more. Sign in with your Care Identity to go on, and set a new one then.",
  unknown:
    "RA Desk cannot tell whether your PIN works: this computer’s key store does not answer. Unlock the key store and try again, or sign in with your Care Identity.",
  again: "Try again",
  typed:
    "Answers that were not saved for a registration come back with them, as long as RA Desk stays open and nobody ends their session.",
  signIn: "Log in with my Care Identity",
  other: (name: string) => `I am not ${name}: end this session`,
};

export const OFFLINE_FRAME = {
  lock: "Lock",
  banner: (name: string, until: string) => `Working offline as ${name} until ${till(until)}`,
  signIn: "Sign in to send",
};

export const NEEDS_SIGN_IN = {
  title: "This needs a connection",
  explanation: "You are working with your PIN. To find people, change role or see what others are doing, sign in.",
  outbox: "Go to your drafts and what you recorded",
};

/** Locking instead of signing out, for want of input. */
export const LOCKS = {
  before: "RA Desk will be locked in",
  typing:
    "Answers you have not saved for a registration come back with you, as long as RA Desk stays open and nobody ends your session. Anything else you are typing is not kept.",
  spoken: (time: string) => `RA Desk will be locked in ${time}.`,
  stay: "Go on working",
  out: "Lock now",
};
