/** Names that the most lenient reader takes for one are the same here. */
export const plainName = (name: string): string =>
  name.normalize("NFKC").trim().toLowerCase().replaceAll(/[\s.]/gu, "_");
