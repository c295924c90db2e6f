// What every page has: a main region with one h1 that takes focus, a title that tells of errors, a way back.

import { type ComponentPropsWithoutRef, type ReactNode, useLayoutEffect, useRef } from "react";
import type { Fault } from "../bridge";
import { type Explained, explain } from "../content/codes";
import { FRAME } from "../content/frame";
import { BackLink, ErrorSummary, InsetText, type SummaryProblem } from "../nhs";
import { useShell } from "./session";

interface PageProps {
  /** Which page, for tests: `data-page`. */
  name: string;
  /** The h1's text, for the window's title. */
  title: string;
  /** How far a submission is, for tests: `data-status`. */
  status?: string;
  /** Code of the fault the page tells of, for tests: `data-code`. */
  code?: string;
  /** Where back leads; none where there is no way back. */
  onBack?: (() => void) | undefined;
  backText?: string;
  /** Whether the title tells of a problem. */
  problem?: boolean;
  /** Id of the element that takes focus instead of the h1. */
  focus?: string;
  /** Two thirds of the width for text, all of it for tables. */
  wide?: boolean;
  children: ReactNode;
}

export function Page({ name, title, status, code, onBack, backText, problem, focus, wide, children }: PageProps) {
  const whole = useRef<HTMLDivElement>(null);
  const main = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const first = focus ? document.getElementById(focus) : main.current?.querySelector<HTMLElement>("h1");
    if (first && !first.closest("legend, label")) first.focus({ preventScroll: !focus });
    else first?.focus();
    if (!focus) {
      window.scrollTo?.(0, 0);
      // At a high zoom the header fills the window: then the page begins below it.
      if (first && first.getBoundingClientRect().bottom > window.innerHeight) {
        whole.current?.scrollIntoView();
        first.scrollIntoView({ block: "nearest" });
      }
    }
    // What only stands in until the desk has answered is gone before anybody has read anything.
    if (name !== "loading") meetWarning();
  }, [focus, name]);
  useLayoutEffect(() => {
    document.title = `${problem ? FRAME.errorPrefix : ""}${title} – ${FRAME.service}`;
  }, [title, problem]);
  return (
    <div className="nhsuk-width-container" ref={whole}>
      {onBack && <BackLink onClick={onBack}>{backText ?? FRAME.back}</BackLink>}
      <main
        className="nhsuk-main-wrapper"
        id="maincontent"
        data-page={name}
        data-status={status}
        data-code={code}
        ref={main}
      >
        {wide ? children : <div className="ra-reading">{children}</div>}
      </main>
    </div>
  );
}

/** What must be read before anything is done on a page. Where it stands above what has focus, it is met first. */
export function Warns({ id, role, className, children }: ComponentPropsWithoutRef<"div">) {
  return (
    <div id={id} role={role} className={`ra-warns${className ? ` ${className}` : ""}`} data-warns tabIndex={-1}>
      {children}
    </div>
  );
}

/** At a high zoom the window does not hold the warnings above a page and where it begins. Each is met once as it is: it
 * may stand above every page. */
function meetWarning() {
  for (const warning of document.querySelectorAll<HTMLElement>("[data-warns]")) {
    const words = warning.textContent ?? "";
    if (words === "" || warning.dataset.met === words) continue;
    warning.dataset.met = words;
    if (warning.getBoundingClientRect().top >= 0) continue;
    warning.focus({ preventScroll: true });
    warning.scrollIntoView({ block: "start" });
    return;
  }
}

/** The page's h1. */
export function Heading({ caption, children }: { caption?: string | undefined; children: ReactNode }) {
  return (
    <h1 className="nhsuk-heading-l" tabIndex={-1}>
      {caption && (
        <>
          <span className="nhsuk-caption-l">{caption}</span>{" "}
        </>
      )}
      {children}
    </h1>
  );
}

interface FaultSummaryProps {
  fault: Fault | null;
  attempt: number;
  /** What is truer of this act than what is said of the code everywhere. */
  words?: Partial<Explained> | undefined;
}

/** What went wrong with an act, at the top of its page: field errors as links, anything else in words. */
export function FaultSummary({ fault, attempt, words: own }: FaultSummaryProps) {
  const { not_kept: notKept } = useShell();
  if (!fault) return null;
  const words = { ...explain(fault.code, notKept), ...own };
  // What the RA user chose to do is no error.
  if (fault.code === "SIGN_IN_CANCELLED") {
    return (
      <InsetText id="cancelled">
        <p>
          {words.heading}. {words.explanation}
        </p>
      </InsetText>
    );
  }
  const fields: SummaryProblem[] = fault.fields.map(({ field, message }) => ({ field, message }));
  return (
    <ErrorSummary heading={words.heading} problems={fields} attempt={attempt}>
      {fields.length === 0 && (
        <>
          <p>{words.explanation}</p>
          <p>{words.next}</p>
          {fault.reference && <p>{FRAME.reference(fault.reference)}</p>}
        </>
      )}
    </ErrorSummary>
  );
}

/** The message that stands beside a field. */
export function fieldError(fault: Fault | null, field: string): string | undefined {
  return fault?.fields.find((error) => error.field === field)?.message;
}
