// Every code of the bindings has its words. The types say so too; this reads the bindings as they were generated, so
// that a table kept complete by a cast would still be found.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAULTS, NEXT_STEPS, NO_ACCESS, PAUSES, REFUSALS, WARNINGS } from "../src/content/codes";
import { birthDate, clockTime, countdown, counted, day, dayAndTime, grouped } from "../src/content/dates";
import { FIND, MATCHED, NONE_FOUND } from "../src/content/find";
import { HELP } from "../src/content/frame";
import { NETWORK_FAULTS } from "../src/content/network";
import { OUTBOX } from "../src/content/outbox";
import {
  ACCEPTED_BY,
  AUTHENTICATOR_STATE,
  AUTHENTICATORS,
  DOCUMENTS,
  METHODS,
  RA_ROLES,
  REMOVAL_REASONS,
} from "../src/content/people";
import * as SIGNING from "../src/content/signing-in";
import { PROFILE_STATUS, STATUS } from "../src/content/status";
import { spokenCountdown } from "../src/frame/idle";

const { ACCESS, ENDED } = SIGNING;
// Without its comments, which may hold anything.
const bindings = readFileSync("src/bridge/bindings.ts", "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/** The words of a union of string literals in the bindings, whichever way it is written. */
function union(name: string): string[] {
  const [, body] = new RegExp(`export type ${name}\\s*=([^;]*);`).exec(bindings) ?? [];
  return [...(body ?? "").matchAll(/"([^"]+)"/g)].map(([, word]) => word as string).sort();
}

const TABLES: [string, object][] = [
  ["Code", FAULTS],
  ["RefusalCode", REFUSALS],
  ["WarningCode", WARNINGS],
  ["NetworkFault", NETWORK_FAULTS],
  ["PauseReason", PAUSES],
  ["NextStep", NEXT_STEPS],
  ["NoAccessReason", NO_ACCESS],
  ["EndReason", ENDED],
  ["Status", STATUS],
  ["Status", HELP.meanings],
  ["ProfileStatus", PROFILE_STATUS],
  ["AuthenticatorKind", AUTHENTICATORS],
  ["AuthenticatorState", AUTHENTICATOR_STATE],
  ["RaRole", RA_ROLES],
  ["DocumentKind", DOCUMENTS],
  ["IdentityCheckMethod", METHODS],
  ["DeclarationAcceptedBy", ACCEPTED_BY],
  ["RemovalReason", REMOVAL_REASONS],
  ["AccessView", ACCESS],
  ["MatchedBy", MATCHED],
  ["FindBy", FIND.ways],
  ["FindBy", NONE_FOUND.tip],
  ["OutboxTab", OUTBOX.tabs],
  ["OutboxTab", OUTBOX.empty],
  ["OutboxTab", OUTBOX.explain],
];

test.each(TABLES)("every %s has its words", (name, table) => {
  const words = union(name);
  expect(words.length).toBeGreaterThan(1);
  expect(Object.keys(table).sort()).toEqual(words);
});

test("no explanation is empty, says only that something went wrong, or blames", () => {
  const said = [FAULTS, REFUSALS].flatMap((table) => Object.values(table));
  for (const { heading, explanation, next } of said) {
    for (const sentence of [heading, explanation, next]) {
      expect(sentence.length).toBeGreaterThan(8);
      expect(sentence).not.toMatch(/oops|sorry|please|invalid|illegal|unexpected error/i);
    }
    expect(heading).not.toMatch(/[.!]$/);
    expect(explanation).toMatch(/\.$/);
    expect(next).toMatch(/\.$/);
  }
});

test("one verb for signing in, but on the button that NHS CIS2 Authentication names", () => {
  const said = (words: unknown): string[] => {
    if (typeof words === "string") return [words];
    return words && typeof words === "object" ? Object.values(words).flatMap(said) : [];
  };
  const all = [FAULTS, REFUSALS, PAUSES, NEXT_STEPS, NETWORK_FAULTS, HELP, OUTBOX, ENDED, ...Object.values(SIGNING)];
  const others = said(all).filter((sentence) => /\blog(ged|ging)?[ -](in|out|on)\b/i.test(sentence));
  // A network's own page asks to log in to the network.
  expect(others.filter((sentence) => !/network|wi-?fi/i.test(sentence))).toEqual([SIGNING.SIGN_IN.button]);
});

test("what is only recorded is nowhere called registered or linked", () => {
  const { word } = STATUS.ready_to_send;
  expect(word).toBe("Ready to send");
  expect(HELP.meanings.ready_to_send).not.toMatch(/registered|linked/i);
});

test("dates and times are English", () => {
  expect(birthDate("1985-03-07")).toBe("7 March 1985");
  expect(birthDate(null)).toBe("Not known");
  expect(clockTime("2026-11-23T14:30:00Z")).toBe("2:30pm");
  expect(clockTime("2026-11-23T00:00:00Z")).toBe("midnight");
  expect(clockTime("2026-11-23T12:00:00Z")).toBe("midday");
  expect(clockTime("2026-11-23T12:05:00.123456789Z")).toBe("12:05pm");
  expect(clockTime("2026-07-01T08:00:00Z")).toBe("9am");
  expect(day("2026-11-23T23:59:00Z")).toBe("23 November 2026");
  const now = new Date("2026-11-23T15:00:00Z");
  expect(dayAndTime("2026-11-23T14:30:00Z", now)).toBe("today at 2:30pm");
  expect(dayAndTime("2026-11-22T14:30:00Z", now)).toBe("22 November 2026 at 2:30pm");
});

test("numbers are said as people say them", () => {
  expect(grouped("555086689106")).toBe("5550 8668 9106");
  expect(counted(1, "registration")).toBe("1 registration");
  expect(counted(2000, "person", "people")).toBe("2,000 people");
  expect(countdown(119.2)).toBe("2 minutes");
  expect(countdown(61)).toBe("1 minute 1 second");
  expect(countdown(0)).toBe("0 seconds");
  expect([118, 91, 90, 61, 21, 20, 3].map(spokenCountdown)).toEqual([
    "2 minutes",
    "2 minutes",
    "1 minute 30 seconds",
    "1 minute 30 seconds",
    "30 seconds",
    "20 seconds",
    "5 seconds",
  ]);
});
