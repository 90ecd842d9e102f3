/** The cast of demo, docs and tests. */
export const PEOPLE = {
  ada: { name: "Ada", title: "engineer", groups: ["engineers"] },
  rui: { name: "Rui", title: "lead, reviews", groups: ["leads"] },
  ida: { name: "Ida", title: "auditor", groups: ["auditors"] },
  max: { name: "Max", title: "administrator", groups: ["admins"] },
} as const;
export type PersonName = keyof typeof PEOPLE;

export const isPerson = (name: string): name is PersonName => Object.hasOwn(PEOPLE, name);
