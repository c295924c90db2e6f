// The one list of status words, and the one list of their colours. The colour never carries meaning alone.

import type { ProfileStatus, Status, SubmissionView } from "../bridge";

export type TagColour = "grey" | "blue" | "yellow" | "green" | "red" | "orange" | "white";

export const STATUS: Record<Status, { word: string; colour: TagColour }> = {
  draft: { word: "Draft", colour: "grey" },
  ready_to_send: { word: "Ready to send", colour: "blue" },
  sending: { word: "Sending", colour: "blue" },
  waiting_for_them: { word: "Waiting for them", colour: "yellow" },
  link_expired: { word: "Link expired", colour: "orange" },
  linked: { word: "Linked", colour: "green" },
  needs_attention: { word: "Needs attention", colour: "red" },
  withdrawn: { word: "Withdrawn", colour: "grey" },
  removed: { word: "Removed", colour: "grey" },
};

/** What is said in place of a status where its status alone would say too much or too little. It is none: it has no tag. */
export const VARIATIONS = {
  unsettled: {
    word: "Sent, no answer yet",
    meaning:
      "It was sent, and the RA service may have registered it. RA Desk asks again, and it is registered once at most.",
  },
  needs_confirmation: {
    word: "Waits for you to confirm",
    meaning: "You recorded it before you last signed in. It is sent once you have said that it is yours.",
  },
  other_role: {
    word: "Waits for you to change role",
    meaning: "You recorded it in another of your roles, and it is sent in that role only.",
  },
  withdrawal_requested: {
    word: "Withdrawal requested",
    meaning: "You took it back. Until the RA service has answered, it may still be registered.",
  },
  role_lost: {
    word: "Not yours to send",
    meaning: "You can no longer register in the role you recorded it in. An RA manager can take it over.",
  },
  taken_over: {
    word: "Taken over",
    meaning: "An RA manager sends it in their own name. You can do nothing more with it.",
  },
};

type Shown = Pick<
  SubmissionView,
  "status" | "unsettled" | "needs_confirmation" | "withdrawal_requested" | "taken_over" | "role_lost" | "in_this_role"
>;

/** The word for a submission: its status, or what is truer than that. */
export function shownStatus(submission: Shown): { word: string; colour?: TagColour } {
  const { status, unsettled, withdrawal_requested } = submission;
  if (submission.taken_over) return VARIATIONS.taken_over;
  if (withdrawal_requested) return VARIATIONS.withdrawal_requested;
  if (status === "ready_to_send" && unsettled) return VARIATIONS.unsettled;
  return (status === "ready_to_send" && waitsFor(submission)) || STATUS[status];
}

/** What must be done before it is sent, or asked about again; null where RA Desk does that by itself. */
export function waitsFor(submission: Omit<Shown, "taken_over">): { word: string } | null {
  if (submission.withdrawal_requested) return VARIATIONS.withdrawal_requested;
  if (submission.role_lost) return VARIATIONS.role_lost;
  if (submission.needs_confirmation) return VARIATIONS.needs_confirmation;
  return submission.in_this_role ? null : VARIATIONS.other_role;
}

export const PROFILE_STATUS: Record<ProfileStatus, { word: string; colour: TagColour }> = {
  active: { word: "Verified", colour: "green" },
  unverified: { word: "Not verified", colour: "orange" },
  restricted: { word: "Restricted", colour: "orange" },
  closed: { word: "Closed", colour: "grey" },
};
