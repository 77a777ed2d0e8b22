import { useEffect, useState } from "preact/hooks";

/** True where there is no room for three parts of the picture beside each other, or for a line of the log beside its time and part. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia("(max-width: 660px)"));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setNarrow(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, [query]);
  return narrow;
}
