// Words of taking over what a colleague recorded.

import type { TakenFromView, TakenOverView } from "../bridge";
import { counted, dayAndTime } from "./dates";

/** Who recorded it; before names were kept, nobody in particular. */
export const author = (name: string | null) => name ?? "another RA user";

export const TAKING_OVER = {
  title: (count: number, name: string | null) => `Take over ${counted(count, "registration")} from ${author(name)}?`,
  explain: [
    "They are sent in your name, and you give out the links.",
    "Your colleague stays named as who checked each person, and is told that you took them over and why.",
    "What is already registered stays as it is.",
    "Without a connection nothing is taken over.",
  ],
  reason: "Why are you taking them over?",
  reasonHint: "Your colleague sees this.",
  button: "Take over",
  cancel: "Leave them as they are",
  done: (count: number) => `${counted(count, "registration")} taken over. RA Desk sends them in your name.`,
  /** What its author sees. */
  takenTitle: (taken: TakenOverView) => `Taken over by ${taken.by}`,
  taken: ({ by, at, reason }: TakenOverView, person: string) =>
    `${by} took this over ${dayAndTime(at)}, and sends it in their own name. The reason: ${reason}. Ask them how far it is, and for ${person}’s link.`,
  from: "Taken over from",
  fromWhom: ({ name, role, at, reason }: TakenFromView) => `${author(name)}, ${role}, ${dayAndTime(at)}. ${reason}`,
  givenBack: (name: string | null) => `It is no longer yours: it waits again for ${author(name)}.`,
};
