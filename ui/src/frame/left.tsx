// What somebody left when RA Desk was locked, their session ended or they signed in again: where they were, and the answers
// they had not saved. For them in that role, and for nobody else; in memory only.

import { createContext, useContext, useEffect, useState } from "react";
import type { Place } from "./places";

export interface Left {
  /** Whose it is: a role is one person's. */
  whose: string | undefined;
  /** Where they were. */
  stack: Place[];
  /** What they were answering, by form. */
  forms: Map<string, object>;
  /** Whether somebody is at work. A form that goes then was left on purpose, saved or not. */
  atWork: boolean;
}

export const nothingLeft = (): Left => ({ whose: undefined, stack: [], forms: new Map(), atWork: false });

export const LeftContext = createContext<Left>(nothingLeft());

/** The answers of a form: those that were not saved when its page was taken away, else the ones it begins with. */
export function useAnswers<T extends object>(form: string, first: T): [T, (changed: Partial<T>) => void] {
  const left = useContext(LeftContext);
  const [answers, setAnswers] = useState(() => (left.forms.get(form) as T | undefined) ?? first);
  useEffect(
    () => () => {
      if (left.atWork) left.forms.delete(form);
    },
    [left, form],
  );
  const change = (changed: Partial<T>) => {
    const next = { ...answers, ...changed };
    left.forms.set(form, next);
    setAnswers(next);
  };
  return [answers, change];
}
