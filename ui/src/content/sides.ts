// What was recorded and how it is now, for each reason the RA service gives: one row says one thing twice.

import type { ProfileView, RefusalCode, SubmissionView } from "../bridge";
import { REFUSALS } from "./codes";
import { birthDate, dayAndTime } from "./dates";
import { PROFILE } from "./find";
import { SUBMISSION } from "./outbox";
import { AUTHENTICATOR_STATE, AUTHENTICATORS } from "./people";
import { PROFILE_STATUS } from "./status";

/** What it is about, as it was recorded, and as it is now. */
export type Side = [what: string, then: string, now: string];

/**
 * Both sides of a refusal. Empty where the RA service did not show how it is now; null where there is nothing to
 * compare, and the page's heading says it all.
 */
export function sides(code: RefusalCode, submission: SubmissionView): Side[] | null {
  const { address, recorded_at, attention } = submission;
  const now = REFUSALS[code].heading;
  switch (code) {
    case "PROFILE_CHANGED":
    case "PROFILE_CLOSED":
    case "PROFILE_UNVERIFIED":
    case "PROFILE_RESTRICTED":
      return profiles(attention?.profile_then, attention?.profile_now);
    case "UNKNOWN_PROFILE":
    case "OWN_PROFILE":
    case "NOT_PERMITTED":
    case "NOT_YOUR_SUBMISSION":
    case "TOO_OLD":
      return null;
    case "ALREADY_REGISTERED":
      return [
        [SUBMISSION.address, address, address],
        [
          SUBMISSION.recorded,
          dayAndTime(recorded_at),
          [SUBMISSION.registered, attention?.done_at && dayAndTime(attention.done_at), attention?.done_by]
            .filter(Boolean)
            .join(", "),
        ],
      ];
    case "INVALID_BODY":
    case "KEY_REUSED": {
      const fields = attention?.fields.map(({ message }) => message).join(" ");
      return [[SUBMISSION.facts, SUBMISSION.recorded, fields || now]];
    }
    default:
      return [[SUBMISSION.address, address, now]];
  }
}

/** What of a profile a registration depends on. */
function profiles(then?: ProfileView | null, now?: ProfileView | null): Side[] {
  if (!then || !now) return [];
  const rows: [string, (profile: ProfileView) => string][] = [
    [SUBMISSION.name, (shown) => shown.name],
    [PROFILE.born, (shown) => birthDate(shown.birth_date)],
    [PROFILE.status, (shown) => PROFILE_STATUS[shown.status].word],
    ["Ways to sign in", signsIn],
  ];
  return rows.map(([what, of]) => [what, of(then), of(now)]);
}

function signsIn(shown: ProfileView): string {
  const ways = shown.authenticators.map(({ kind, state, address }) => {
    const name = AUTHENTICATORS[kind].short;
    const how = state === "linked" ? "" : ` (${AUTHENTICATOR_STATE[state].word.toLowerCase()})`;
    return `${name}${address ? ` ${address}` : ""}${how}`;
  });
  return ways.join(", ") || PROFILE.none;
}
