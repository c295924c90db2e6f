// What may be promised of what is on this computer: another thing where it forgets.

import type { NotKeptView } from "../bridge";
import { counted } from "./dates";

type Keeping = NotKeptView | null;

const FORGETS = "This computer forgets what is on it when you sign out of Windows or it restarts.";

export const STAYS_HERE =
  "What you recorded stays on this computer. It is sent when RA Desk gets through while you are signed in.";

/** What becomes of what was recorded or saved as a draft. */
export function kept(keeping: Keeping): string {
  if (keeping === "forgets") return FORGETS;
  const where = keeping === "network_folder" ? "in RA Desk’s folder" : "on this computer";
  return `Everything you recorded or saved as a draft is kept ${where}, encrypted.`;
}

/** True of every fault of the network, and said with each. */
export function staysHere(keeping: Keeping): string {
  if (keeping !== "forgets") return STAYS_HERE;
  return `${FORGETS} What you recorded is sent when RA Desk gets through: stay signed in until it is.`;
}

/** Said as long as something is unsent on a computer that forgets. */
export const UNSENT = {
  heading: (count: number) => `${counted(count, "registration")} ${count === 1 ? "is" : "are"} not sent yet`,
  explanation: (count: number) =>
    `${FORGETS} ${UNSENT.heading(count)}: stay signed in until ${count === 1 ? "it is" : "they are"}.`,
  allSent: "Everything that was recorded on this computer has been sent.",
  stay: "Stay signed in",
  signOut: "Sign out without sending",
  leave: "Leave without sending",
  signedOut: "They are lost if somebody signs out of Windows or restarts this computer before that.",
};
