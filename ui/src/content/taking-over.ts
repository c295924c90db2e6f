// Words of taking over what a colleague recorded.

import type { Code, TakenFromView, TakenOverView } from "../bridge";
import type { Explained } from "./codes";
import { counted, dayAndTime } from "./dates";
import { FAULT_OF_CODE } from "./network";

/** Who recorded it; before names were kept, nobody in particular. */
export const author = (name: string | null) => name ?? "another RA user";

const full = (sentence: string) => sentence.replace(/\.?$/, ".");

export const TAKING_OVER = {
  title: (count: number, name: string | null) => `Take over ${counted(count, "registration")} from ${author(name)}?`,
  explain: (who: string) => [
    "RA Desk sends them in your name. You give each person their link, on this computer.",
    `${who} stays named as who checked each person, and sees here who took them over and why.`,
    `If the RA service had already registered one for ${who}, it stays ${who}’s.`,
    "To give one back, withdraw it before it is sent.",
    "You must be online.",
  ],
  reason: "Why are you taking them over?",
  reasonHint: "Your colleague sees this.",
  button: "Take over",
  some: (count: number) => `Take over ${count.toLocaleString("en-GB")}`,
  whose: (name: string | null) => `from ${author(name)}`,
  cancel: "Leave them as they are",
  done: (count: number) =>
    `${counted(count, "registration")} taken over. RA Desk sends ${count === 1 ? "it" : "them"} in your name.`,
  gone: "Nothing is left to take over. It was sent, or another RA manager took it over.",
  /** What its author sees. */
  takenTitle: (taken: TakenOverView) => `Taken over by ${taken.by}`,
  taken: ({ by, at, reason }: TakenOverView, person: string) =>
    `${by} took this over ${dayAndTime(at)}. It is theirs now: you cannot send or withdraw it. Their reason: ${full(reason)} To know how far it is, or to get ${person}’s link, ask ${by}.`,
  from: "Taken over from",
  fromWhom: ({ name, role, at, reason }: TakenFromView) =>
    `${author(name)}, ${role}, ${dayAndTime(at)}. ${full(reason)}`,
  givenBackTitle: (name: string | null) => `Given back to ${author(name)}`,
  givenBack: (name: string | null) =>
    `RA Desk gave it back to ${author(name)}, who can send it on this computer. Nothing more is for you to do.`,
  /** It was over before it came: both sides, and what can be done. */
  takenBack: (by: string) =>
    `The registration had already been taken back by ${by} when the RA service got yours. Ask them why. If the person still needs it, check the person and record it again.`,
  whenTaken: "When you took it over",
  takenBackBy: (word: string, by: string) => `${word} by ${by}`,
  givesBack: (name: string | null) => `It is given back to ${author(name)}, who can send it on this computer.`,
};

/** What is truer of taking over than what is said of a fault everywhere. */
export function takeOverFault(code: Code, count: number, name: string | null): Partial<Explained> | undefined {
  const refused = code === "NOT_PERMITTED";
  if (!refused && !FAULT_OF_CODE.has(code)) return undefined;
  return {
    explanation: `Nothing was taken over. ${count === 1 ? "It still waits" : "They still wait"} as ${author(name)}’s.`,
    next: refused
      ? "Only an RA manager of this organisation can take over."
      : "Press Take over again when RA Desk is online.",
  };
}
