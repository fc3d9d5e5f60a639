// icon.tsx -- the few signs we use, drawn on a 16-unit square. Always beside a word.
const paths = {
  met: "M3 8.500l3.200 3.200L13 5",
  unmet: "M4.500 4.500l7 7M11.500 4.500l-7 7",
  open: "M8 3a5 5 0 1 1 0 10a5 5 0 1 1 0-10",
  warn: "M8 2.500l6 11H2zM8 6.500v3.500M8 11.800v.2",
  back: "M10 3L5 8l5 5",
  next: "M6 3l5 5-5 5",
  down: "M3.500 6L8 10.500 12.500 6",
  lock: "M4 7.500h8v6H4zM5.500 7.500V5.500a2.500 2.500 0 0 1 5 0v2",
  bell: "M4 11.500V7a4 4 0 0 1 8 0v4.500l1 1H3zM6.800 14.500h2.400",
  search: "M7 2.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 1 1 0-9M10.300 10.300l3.700 3.700",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
