import { SummaryList, Tag } from "nhsuk-react-components";
import type { ReactNode } from "react";
import type { TagColour } from "../content/status";
import { ButtonLink } from "./buttons";

/** A status word in its colour. What is no status has none, and is no tag. */
export function StatusTag({ word, colour }: { word: string; colour?: TagColour }) {
  return colour ? <Tag modifier={colour}>{word}</Tag> : word;
}

/** The panel with a page's outcome as its h1. Green only for what is finished; neutral for all else. */
export function Panel({ title, done, children }: { title: string; done?: boolean; children?: ReactNode }) {
  return (
    <div className={`nhsuk-panel${done ? "" : " ra-panel--neutral"}`}>
      <h1 className="nhsuk-panel__heading" tabIndex={-1}>
        {title}
      </h1>
      {children && <div className="nhsuk-panel__body">{children}</div>}
    </div>
  );
}

export interface Fact {
  name: string;
  value: ReactNode;
  /** Goes to where it can be changed. */
  onChange?: (() => void) | undefined;
  id?: string;
}

/** Names and values, each with a Change link where it can be changed. */
export function Facts({ facts, change = "Change" }: { facts: Fact[]; change?: string }) {
  return (
    <SummaryList>
      {facts.map(({ name, value, onChange, id }) => (
        <div className={`nhsuk-summary-list__row${onChange ? "" : " nhsuk-summary-list__row--no-actions"}`} key={name}>
          <dt className="nhsuk-summary-list__key">{name}</dt>
          <dd className="nhsuk-summary-list__value">{value}</dd>
          {onChange && (
            <dd className="nhsuk-summary-list__actions">
              <ButtonLink id={id} onClick={onChange}>
                {change}
                <span className="nhsuk-u-visually-hidden"> {name}</span>
              </ButtonLink>
            </dd>
          )}
        </div>
      ))}
    </SummaryList>
  );
}
