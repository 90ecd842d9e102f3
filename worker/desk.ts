/** One desk per deployment. */
export const deskStub = (env: Env) => env.DESK.get(env.DESK.idFromName("desk"));
