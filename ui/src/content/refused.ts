// What the RA service said no to, as it is true of one submission: a code alone does not know whose it is, and in which
// role it was recorded.

import type { SubmissionView } from "../bridge";
import { type Explained, NEXT_STEPS, REFUSALS } from "./codes";
import { ATTENTION } from "./outbox";
import { author, TAKING_OVER } from "./taking-over";

/** `say`: the next step in a few words, for a row. */
export type Refused = Pick<Explained, "heading" | "explanation" | "next"> & { say: string };

const NOTHING = "Nothing was registered.";
const CLOSE = "Withdraw this one";

/** Whether the page itself asks to withdraw it, and says why. */
export function closesHere({ attention, taken_from }: SubmissionView): boolean {
  const code = attention?.code;
  const closes = code === "ALREADY_REGISTERED" || code === "OWN_PROFILE" || code === "UNKNOWN_PROFILE";
  return closes || (taken_from?.given_back ?? false);
}

/** Why it needs attention, and what to do. Null where it does not. */
export function refused({ attention, taken_from, recorded_role }: SubmissionView): Refused | null {
  if (!attention) return null;
  const by = author(taken_from?.name ?? null);
  if (taken_from?.given_back) {
    const explanation = TAKING_OVER.givenBack(by);
    return {
      heading: TAKING_OVER.givenBackTitle(by),
      explanation,
      next: ATTENTION.closeWhy,
      say: CLOSE,
    };
  }
  const { heading, explanation, next } = REFUSALS[attention.code];
  const words = { heading, explanation: `${explanation} ${NOTHING}`, next, say: NEXT_STEPS[attention.next].say };
  switch (attention.code) {
    case "ALREADY_REGISTERED":
      return {
        ...words,
        explanation,
        next: next.replace("whoever registered it", attention.done_by ?? "$&"),
      };
    case "NOT_PERMITTED":
    case "NOT_YOUR_SUBMISSION":
      return { ...words, explanation: `It did not take this from you as ${recorded_role}. ${NOTHING}` };
    case "OWN_PROFILE":
      return { ...words, next: "Ask a colleague in your RA team to register it, then withdraw this one.", say: CLOSE };
    case "UNKNOWN_PROFILE":
      return { ...words, say: "Find the person again" };
    case "PROFILE_CLOSED":
      return { ...words, explanation: "The profile is closed, so nothing was registered." };
    case "PROFILE_CHANGED":
      return {
        ...words,
        heading: taken_from ? `The profile changed after ${by} checked the person` : heading,
        next: `${taken_from ? `Ask ${by}, or check the person yourself, before you send again.` : next} If it is not the same person, or you are not sure, withdraw it.`,
      };
    default:
      return words;
  }
}
