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
    const d = box.current;
    d?.showModal();
    return () => d?.close();
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
