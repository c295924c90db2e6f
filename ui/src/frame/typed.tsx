// Answers that are not saved yet. They outlive a lock, an end for want of input and a sign-in in between, for whoever
// typed them; in memory only, beside where they were.

import { createContext, useContext, useEffect, useState } from "react";

/** What somebody was answering, by form. */
export interface Answers {
  /** Their role: nobody else, and they in no other role, see any of it. */
  whose: string | undefined;
  /** Whether somebody is at work. A form that goes then was left, saved or not. */
  atWork: boolean;
  forms: Map<string, object>;
}

export const noAnswers = (): Answers => ({ whose: undefined, atWork: false, forms: new Map() });

export const AnswersContext = createContext<Answers>(noAnswers());

/** The answers of a form: those that were not saved when its page was taken away, else the ones it begins with. */
export function useAnswers<T extends object>(form: string, first: T): [T, (changed: Partial<T>) => void] {
  const kept = useContext(AnswersContext);
  const [answers, setAnswers] = useState(() => (kept.forms.get(form) as T | undefined) ?? first);
  useEffect(
    () => () => {
      if (kept.atWork) kept.forms.delete(form);
    },
    [kept, form],
  );
  const change = (changed: Partial<T>) => {
    const next = { ...answers, ...changed };
    kept.forms.set(form, next);
    setAnswers(next);
  };
  return [answers, change];
}
