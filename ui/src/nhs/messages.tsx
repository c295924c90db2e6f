import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { FRAME } from "../content/frame";

export interface SummaryProblem {
  message: string;
  /** Id of the field it is about, if it is about one. */
  field?: string | undefined;
}

/** What must be corrected. Takes focus each time `attempt` grows, also when the words stay the same. */
export function ErrorSummary({
  heading = FRAME.problem,
  problems,
  attempt,
  children,
}: {
  heading?: string;
  problems: SummaryProblem[];
  attempt: number;
  children?: ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a further failure moves focus again
  useLayoutEffect(() => {
    box.current?.focus();
    // Of one that is higher than the window, at a high zoom, the beginning is what must be read.
    const fits = (box.current?.getBoundingClientRect().height ?? 0) <= window.innerHeight;
    box.current?.scrollIntoView?.({ block: fits ? "nearest" : "start" });
  }, [attempt]);
  return (
    <div className="nhsuk-error-summary" id="error-summary" ref={box} tabIndex={-1}>
      <div role="alert">
        <h2 className="nhsuk-error-summary__heading">{heading}</h2>
        <div className="nhsuk-error-summary__body">
          {children}
          {problems.length > 0 && (
            <ul className="nhsuk-list nhsuk-error-summary__list">
              {problems.map(({ message, field }) => (
                <li key={`${field} ${message}`}>
                  {field ? (
                    <a
                      href={`#${field}`}
                      onClick={(event) => {
                        event.preventDefault();
                        focusField(field);
                      }}
                    >
                      {message}
                    </a>
                  ) : (
                    message
                  )}
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
    </div>
  );
}

/** Focuses a field, or the first box of a group of radios or checkboxes. */
function focusField(id: string) {
  const field = document.getElementById(id) ?? document.querySelector<HTMLElement>(`[name="${CSS.escape(id)}"]`);
  field?.scrollIntoView?.({ block: "center" });
  field?.focus({ preventScroll: true });
}

/** A banner above the page: blue for what is important, green for what is done. */
export function Banner({
  title = FRAME.important,
  good,
  children,
}: {
  title?: string;
  good?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section
      className={`nhsuk-notification-banner${good ? " nhsuk-notification-banner--success" : ""}`}
      aria-labelledby={id}
    >
      <div className="nhsuk-notification-banner__header">
        <h2 className="nhsuk-notification-banner__title" id={id}>
          {title}
        </h2>
      </div>
      <div className="nhsuk-notification-banner__content">{children}</div>
    </section>
  );
}
