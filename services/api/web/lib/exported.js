// The lists that a view shows, as the head of the page offers them to be taken along.

import { signal, useEffect, useRef } from "../vendor/preact.js";

// Each with its title and the call of the API that answers it, in the order of the view.
export const exported = signal([]);
let places = 0;

// Offers a list while its component is shown; `address`: as useGet has it, or addressOf(...); null: there is none yet.
export function useExported(title, address) {
  const place = useRef(0);
  if (place.current === 0) place.current = ++places;
  useEffect(() => {
    if (!address) return undefined;
    const others = () => exported.peek().filter((each) => each.place !== place.current);
    exported.value = [...others(), { place: place.current, title, address }].sort((one, other) => one.place - other.place);
    return () => {
      exported.value = others();
    };
  }, [title, address]);
}
