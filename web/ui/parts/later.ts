// later.ts -- what costs much is drawn after the frame that shows the reader's own act.
import { useEffect, useState } from "preact/hooks";

/** `now` as it was a frame ago: a tick shows at once, what follows from it a moment later. */
export function useLater<T>(now: T): T {
  const [later, setLater] = useState(now);
  useEffect(() => {
    if (later === now) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setLater(() => now));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [now]);
  return later;
}
