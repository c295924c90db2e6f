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
  /** Whether the second click of a double click does nothing: it was meant for what stood there before. */
  deliberate?: boolean;
}

/** A button. While busy it says so and does nothing, but keeps focus. */
export function Button({
  look = "primary",
  small,
  busy,
  deliberate,
  children,
  onClick,
  type = "button",
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`nhsuk-button${LOOKS[look]}${small ? " nhsuk-button--small" : ""}${className ? ` ${className}` : ""}`}
      aria-disabled={busy ? true : undefined}
      onClick={(event) => {
        if (busy || (deliberate && event.detail > 1)) event.preventDefault();
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
    <button type="button" id="back" className="nhsuk-back-link" onClick={onClick}>
      {children}
    </button>
  );
}
