import { type ReactNode, useLayoutEffect, useRef } from "react";

/** A message in front of the page. Escape does what `onEscape` says; focus goes back where it was. */
export function Dialog({
  id,
  title,
  onEscape,
  children,
}: {
  id: string;
  title: string;
  onEscape: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    // At a high zoom the first button is far below what the message says.
    element?.querySelector<HTMLElement>("h2")?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="ra-dialog"
      aria-labelledby={`${id}-title`}
      onCancel={(event) => {
        event.preventDefault();
        onEscape();
      }}
    >
      <h2 className="nhsuk-heading-m" id={`${id}-title`} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}
