// Words of what became of a registration: its page, and the outbox.

import type { OutboxTab, SubmissionView, WaitView } from "../bridge";
import { clockTime, counted, dayAndTime, instant } from "./dates";
import { author } from "./taking-over";

export const SUBMISSION = {
  loading: "Getting the registration",
  findNext: "Find the next person",
  drafts: "Go to your drafts",
  outbox: "Go to the outbox",
  profile: "See the profile",
  facts: "This registration",
  name: "Name",
  uuid: "Care Identity UUID",
  address: "NHS.net Connect address",
  status: "Status",
  /** Where there may be no status that is true of it. */
  instead: "How it stands",
  recorded: "Recorded",
  /** When, and by whom in which role. What was taken over keeps its author, in the author's role. */
  recordedAs: ({ recorded_at, recorded_role, taken_from }: SubmissionView) =>
    taken_from
      ? `${dayAndTime(recorded_at)} by ${author(taken_from.name)}, as ${taken_from.role}`
      : `${dayAndTime(recorded_at)}, as ${recorded_role}`,
  registered: "Registered",
  linked: "Linked",
  replaces: "Corrects an earlier registration",
  replacedBy: "Corrected by a later registration",
  see: "See it",
  withdraw: "Withdraw it",
  refreshed: (time: string) => `Last heard from the RA service ${time}.`,
};

/** What can be done once the role is gone: *RA Agent, B81603*, and until when what was not sent is taken. Without
 * `until`, nobody knows whether it was registered. */
function roleLost(count: number, role: string, until: string | null): string {
  const them = count === 1 ? "it" : "them";
  const after = until && ` by ${until}. After that ${count === 1 ? "it" : "they"} must be recorded again`;
  return `You can no longer register in that role, so RA Desk does not send ${them} ${until ? "for you" : "again"}. Ask an RA manager of ${role.split(", ").pop()} to sign in on this computer and take ${them} over${after ?? ""}.`;
}

export const RECORDED = {
  title: "Recorded on this computer",
  text: (name: string) =>
    `${name} cannot sign in with NHS.net Connect until this has been sent and they have finished linking.`,
  saved: "It is saved, encrypted, on this computer.",
  sends:
    "RA Desk sends it by itself while you stay signed in. If RA Desk closes or you are signed out before that, sign in again and confirm it.",
  sendBy: (time: string) => `Send it by ${time}. The RA service does not take it after that.`,
  offline: "You are offline.",
  otherRole: (role: string) => `It was recorded as ${role}. Change to that role to send it.`,
  roleLost: (role: string, until: string | null) => `It was recorded as ${role}. ${roleLost(1, role, until)}`,
  needsConfirmation: "It is from an earlier session. It is not sent until you confirm it.",
  confirm: "Check and confirm",
  byPin: "It is not sent until you sign in.",
  byPinConfirm: "It is not sent until you sign in and confirm that you recorded it.",
};

/** It was sent, and nobody knows what came of it. */
export const UNSETTLED = {
  title: "Sent, no answer yet",
  text: (name: string) =>
    `The RA service may already have registered it. ${name} cannot sign in with NHS.net Connect until the service has answered and they have finished linking.`,
  asks: "RA Desk asks again by itself while you stay signed in. However often it asks, it is registered once at most.",
};

export const SENDING = {
  title: "Sending",
  text: (name: string) =>
    `It is saved on this computer and on its way. ${name} cannot sign in with NHS.net Connect yet.`,
};

export const WAITING = {
  title: (name: string) => `Waiting for ${name}`,
  text: (name: string) =>
    `Registered, but not linked yet. ${name} must open the link on their own phone or computer, and sign in to NHS.net Connect once.`,
  qrHeading: "Show them this code",
  qrAlt: (name: string) => `QR code with the link for ${name}. If it cannot be scanned, copy the link instead.`,
  qrHelp: "They scan it with the camera of their own phone.",
  qrMissing: "The code cannot be shown now. Copy the link instead.",
  orCopy: "Or send it to them",
  copyHelp: "Paste it into an email or a chat with this person only. Nobody else should get it.",
  copy: "Copy the link",
  copied: "The link is copied. Paste it into a message to this person.",
  expires: (time: string) => `The link works until ${time}.`,
  presence: "They must finish while they are with you.",
  progress: "Progress",
  steps: { opened: "Opened the link", signedIn: "Signed in to NHS.net Connect", linked: "Linked" },
  notYet: "Not yet",
  wrongHeading: "Another account signed in",
  wrong: (times: number, address: string) =>
    `Somebody signed in ${times === 1 ? "once" : `${times} times`} with another account, not ${address}. Ask the person which account they used.`,
  qrMissingPresence: "The code cannot be shown now. Make a fresh link to show it again.",
  qrAltPresence: (name: string) => `QR code with the link for ${name}.`,
  attempts: (left: number) => `The link still works, with ${counted(left, "attempt")} left.`,
  fresh: "Make a fresh link",
  freshDone: "A fresh link is made. The old one no longer works.",
  mistake: "If the address is wrong, remove the account on the profile and register the right one.",
};

export const EXPIRED = {
  title: (name: string) => `${name}’s link has run out`,
  text: (name: string) =>
    `The account is registered, but ${name} did not finish in time or tried too often, so they cannot sign in with it yet.`,
  fresh: "Make a fresh link",
};

export const LINKED = {
  title: "NHS.net Connect is linked",
  text: (name: string) => `${name} can now sign in with NHS.net Connect.`,
  next: "What they should know",
  nextList: [
    "On the Care Identity sign-in page they choose NHS.net Connect.",
    "They sign in with their NHS.net Connect address and password, and confirm a number in their authenticator app.",
    "Some systems need a smartcard or another stronger way to sign in (AAL3). NHS.net Connect is AAL2.",
  ],
};

export const ATTENTION = {
  caption: "Needs attention",
  whatNext: "What to do next",
  doneBy: (name: string | null, time: string | null) =>
    `It was done${name ? ` by ${name}` : ""}${time ? ` ${time}` : ""}.`,
  compareCaption: "What was recorded, and how it is now",
  before: "When it was recorded",
  now: "Now",
  changed: "Changed",
  noProfile: "RA Desk has no copy of the profile to compare. Open the profile to see it as it is now.",
  changeRole: "Change role",
  closeWhy: "This one registered nothing. Withdraw it to clear it from what needs attention.",
  findAgain: "Find the person again",
  recordAgain: "Check the person again and record it again",
  closeDone: "Withdraw this one",
  tooOld: (days: number, recorded: string) =>
    `The RA service takes a registration up to ${counted(days, "day")} after it was recorded. This one had to be sent by ${sendBy(recorded, days)}. Nothing was registered.`,
};

/** Until when the RA service takes what was recorded then. */
export function sendBy(recorded: string, days: number): string {
  const end = new Date(instant(recorded).getTime() + days * 24 * 60 * 60 * 1000);
  return dayAndTime(end.toISOString());
}

export const WITHDRAWN = {
  title: "Withdrawn",
  text: "It was taken back. This submission registered nothing.",
  replaced: "A corrected one took its place.",
  alreadyDone: "The account was registered before. That registration stands.",
};

export const REMOVED = {
  title: "Removed",
  text: (name: string) => `This account was registered, and has been removed from ${name}’s profile since.`,
};

export const WITHDRAWAL = {
  title: (name: string) => `Withdraw the registration for ${name}?`,
  settled: "It will not be sent, and nothing is registered. To register them later, begin again.",
  unsettled:
    "It was sent, and no answer came back. RA Desk first asks the RA service whether it was registered. If it was, it stays registered. If it was not, nothing is registered.",
  alreadyDone: "This one registered nothing. The registration that was there before stays as it is.",
  yes: "Withdraw it",
  busy: "Withdrawing",
  no: "Keep it",
  requested: "Withdrawal requested",
  requestedText:
    "RA Desk has to ask the RA service first, because this was already sent. It is withdrawn as soon as the service answers that nothing was registered.",
  otherRole: (role: string) => `It was recorded as ${role}. Change to that role so that the service can be asked.`,
};

export const OUTBOX = {
  title: "Outbox",
  tabsLabel: "What is in your outbox",
  tabs: {
    drafts: "Drafts",
    /** Not all in it is ready: some waits for something first. */
    ready: "To send",
    waiting: "Waiting for them",
    attention: "Needs attention",
    done: "Done",
  } satisfies Record<OutboxTab, string>,
  empty: {
    drafts: "You have no drafts. A draft is made when you leave a registration before its end.",
    ready: "Nothing waits to be sent.",
    waiting: "You are not waiting for anybody.",
    attention: "Nothing needs your attention.",
    done: "Nothing is done yet.",
  } satisfies Record<OutboxTab, string>,
  /** Where what others recorded waits. */
  emptyOfYours: "Nothing of yours waits to be sent.",
  explain: {
    drafts: "Half done, and on this computer only.",
    ready: "These people cannot sign in with NHS.net Connect yet.",
    waiting: "Registered. These people must still open their link and sign in once.",
    attention: "The RA service did not take these. None of them holds up the others.",
    done: "Linked, withdrawn, removed, or taken over by an RA manager.",
  } satisfies Record<OutboxTab, string>,
  /** What is sent without anybody doing anything, and what is not. */
  goes: "Ready to send",
  goesText: "Recorded on this computer. RA Desk sends these by itself, while it is online and you are signed in.",
  held: "Not sent as things are",
  heldText: "Recorded on this computer. Each says what it waits for.",
  person: "Person",
  address: "Address",
  recorded: "Recorded",
  changed: "Last changed",
  actions: "Actions",
  goOn: "Continue",
  discard: "Discard",
  of: (name: string) => `the draft for ${name}`,
  discarded: (name: string) => `The draft for ${name} is discarded.`,
  undo: "Undo",
  restored: (name: string) => `The draft for ${name} is back.`,
  noAddress: "No address yet",
  shown: (shown: number, total: number) => `The newest ${shown} of ${total} are shown.`,
  sendNow: "Send now",
  tryNow: "Try now",
  /** Once the RA user has said that they recorded these; only for as long as it is true. */
  confirmed: (ready: number) =>
    `Confirmed. ${counted(ready, "registration")} ${ready === 1 ? "is" : "are"} ready to send.`,
  sending: "Sending",
  sendingOf: (done: number, total: number) => `${done} of ${total} answered`,
  tries: (until: string) =>
    instant(until).getTime() - Date.now() < 60_000
      ? "It tries again in less than a minute."
      : `It tries again at ${clockTime(until)}.`,
  signIn: "Sign in",
  confirm: "Check and confirm",
  changeRole: "Change role",
  /** Offline, and nothing of theirs is ready to send. */
  otherRole: (count: number, role: string) =>
    `${counted(count, "registration")} you recorded as ${role} ${count === 1 ? "waits" : "wait"}. Change to that role to send ${count === 1 ? "it" : "them"}.`,
  roleLost: ({ count, role_text, oldest }: WaitView, days: number) =>
    `${counted(count, "registration")} you recorded as ${role_text} ${count === 1 ? "waits" : "wait"}. ${roleLost(count, role_text, sendBy(oldest, days))}`,
  /** What other RA users recorded on this computer. */
  others: "Not sent, of other RA users on this computer",
  othersText: (takesOver: boolean) =>
    `Whoever recorded a registration can sign in to RA Desk here and confirm it: then it is sent. If they are away, ${
      takesOver
        ? "you can take it over, and it is sent in your name."
        : "an RA manager of their organisation can sign in here and take it over."
    }`,
  raUser: "RA user",
  anotherUser: "Another RA user",
  notSent: "Not sent",
  oldest: "Oldest recorded",
  whatYouCanDo: "What you can do",
  /** Of a colleague's, what is not to be taken over now. */
  busy: (count: number) =>
    `${count} ${count === 1 ? "is" : "are"} being sent or withdrawn, and cannot be taken over now.`,
  otherPeople: (count: number, more: boolean) =>
    more
      ? `${count} more ${count === 1 ? "was" : "were"} recorded by RA users of other organisations. Their own RA managers can take ${count === 1 ? "it" : "them"} over.`
      : `${counted(count, "registration")} recorded by other RA users ${count === 1 ? "is" : "are"} not sent.`,
};
