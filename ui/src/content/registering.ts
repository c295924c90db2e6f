// Words of registering: address, identity check, check your answers.

import type { DraftView } from "../bridge";
import { birthDate, grouped } from "./dates";

/** Above each question, so that it is always plain whom it is about. */
export function who({ uuid, birth_date }: DraftView): string {
  return `${grouped(uuid)} · ${birth_date ? `born ${birthDate(birth_date)}` : "date of birth not known"}`;
}

export const ADDRESS = {
  title: (name: string) => `What is ${name}’s NHS.net Connect address?`,
  label: "NHS.net Connect address",
  hint: (domains: string[]) =>
    `It ends in ${domains.map((domain) => `@${domain}`).join(" or ")}. It must be their own, not a shared mailbox.`,
  suggested: "This is the address on their profile. Ask the person whether they use it.",
  reason: "Why are you using this address?",
  reasonHint: "For example, new starter, mailbox made today. It is kept with the registration.",
  odd: "It is not the one on their profile, or does not look like their name.",
  checkIt: "Check this address with them",
  checkHow: "If it is theirs, say why you are using it.",
  reasonMissing: "Say why you are using this address.",
  button: "Save and continue",
  busy: "Saving",
};

export const IDENTITY = {
  title: (name: string) => `How did you check that this is ${name}?`,
  method: "How you met",
  documents: "What you saw",
  documentsHint: "Tick all that apply. RA Desk records which kinds you saw, no numbers and no copies.",
  declaration: "Declaration",
  says: (name: string) => `${name} declares:`,
  button: "Save and continue",
  busy: "Saving",
};

export const CHECK = {
  title: "Check your answers",
  person: "Person",
  name: "Name",
  uuid: "Care Identity UUID",
  born: "Date of birth",
  account: "Account",
  address: "NHS.net Connect address",
  reason: "Why this address",
  check: "Identity check",
  method: "How you met",
  documents: "What you saw",
  declaration: "Declaration accepted by",
  notGiven: "Not answered yet",
  corrects: "This corrects a registration that needs attention. It takes the place of the old one when it is recorded.",
  online: "Confirm and send",
  offline: "Confirm and save on this computer",
  busyOnline: "Saving and sending",
  busyOffline: "Saving",
  onlineNext: (name: string) =>
    `When you confirm, it will be saved on this computer first, then sent. ${name} must then open a link and sign in once.`,
  notKeptNext: (name: string) =>
    `When you confirm, RA Desk tries to send it. Without a connection nothing is saved or sent: your answers stay on this page, and you can try again. ${name} must open a link and sign in once after it is sent.`,
  offlineTitle: "You are offline",
  offlineNow: "Nothing is recorded yet. When you confirm, it will be saved on this computer, and not sent yet.",
  offlineNext: (name: string) =>
    `When you confirm, it will be saved on this computer, and sent when the connection is back while you stay signed in. If RA Desk closes or you are signed out, sign in again and confirm that you recorded it. ${name} cannot sign in with NHS.net Connect until it has been sent and they have finished linking.`,
  byPinTitle: "You are working with your PIN",
  byPinNext: (name: string) =>
    `When you confirm, it will be saved on this computer. It is sent after you have signed in and confirmed that you recorded it. ${name} cannot sign in with NHS.net Connect until it has been sent and they have finished linking.`,
  discard: "Discard this draft",
};
