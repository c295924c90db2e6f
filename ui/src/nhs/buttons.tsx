import type { ComponentPropsWithoutRef, ReactNode } from "react";

type Look = "primary" | "secondary" | "warning" | "reverse";

const LOOKS: Record<Look, string> = {
  primary: "",
  secondary: " nhsuk-button--secondary",
  warning: " nhsuk-button--warning",
  reverse: " nhsuk-button--reverse",
};

interface ButtonProps extends Omit<ComponentPropsWithoutRef<"button">, "disabled"> {
  look?: Look;
  small?: boolean;
  /** What it says while its act is under way. It stays focusable, so that focus is not lost. */
  busy?: string | false | undefined;
}

/** A button. While busy it says so and does nothing, but keeps focus. */
export function Button({ look = "primary", small, busy, children, onClick, type = "button", className, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`nhsuk-button${LOOKS[look]}${small ? " nhsuk-button--small" : ""}${className ? ` ${className}` : ""}`}
      aria-disabled={busy ? true : undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy || children}
    </button>
  );
}

/** Something that goes to another page of RA Desk. There are no URLs, so it is a button that looks like a link. */
export function ButtonLink({ children, className, ...rest }: ComponentPropsWithoutRef<"button">) {
  return (
    <button type="button" {...rest} className={`ra-link${className ? ` ${className}` : ""}`}>
      {children}
    </button>
  );
}

/** Back to the page before. */
export function BackLink({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" id="back" className="nhsuk-back-link ra-back-link" onClick={onClick}>
      <svg className="nhsuk-icon nhsuk-icon--chevron-left" viewBox="0 0 24 24" width="16" height="16" focusable="false" aria-hidden="true">
        <path d="M15.7 4.3c.4.4.4 1 0 1.4L9.4 12l6.3 6.3a1 1 0 0 1-1.4 1.4l-7-7a1 1 0 0 1 0-1.4l7-7a1 1 0 0 1 1.4 0Z" />
      </svg>
      {children}
    </button>
  );
}
