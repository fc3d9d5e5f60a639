// dialog.tsx -- the browser's own modal dialog: focus, Escape and inertness are its job.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export function Dialog(
  { title, onClose, children, lasting }:
  { title: string; onClose: () => void; children: ComponentChildren; lasting?: boolean },
) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    // The dialog is gone from the page by now, so the browser cannot give the focus back.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        if (!lasting) onClose();
      }}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
