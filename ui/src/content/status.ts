// The one list of status words, and the one list of their colours. The colour never carries meaning alone.

import type { ProfileStatus, Status } from "../bridge";

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

export const WITHDRAWAL_REQUESTED = { word: "Withdrawal requested", colour: "orange" } as const;

export const PROFILE_STATUS: Record<ProfileStatus, { word: string; colour: TagColour }> = {
  active: { word: "Verified", colour: "green" },
  unverified: { word: "Not verified", colour: "orange" },
  restricted: { word: "Restricted", colour: "orange" },
  closed: { word: "Closed", colour: "grey" },
};
