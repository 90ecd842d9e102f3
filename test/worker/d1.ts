import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** D1 binds no more than this. */
const parametersMax = 100;

/**
 * D1's statements over Node's own SQLite, in memory: the same engine without a runtime to start
 * for each file. What only D1 itself can show is in whole.test.ts, which runs the deployed Worker.
 */
export function memoryD1(): D1Database {
  const db = new DatabaseSync(":memory:");
  const prepare = (sql: string) => new Statement(db, sql, []);
  const batch = async (statements: readonly Statement[]) => {
    db.exec("begin");
    try {
      const answers = statements.map((statement) => statement.now());
      db.exec("commit");
      return answers;
    } catch (error) {
      db.exec("rollback");
      throw error;
    }
  };
  return { prepare, batch } as unknown as D1Database;
}

class Statement {
  readonly #db: DatabaseSync;
  readonly #sql: string;
  readonly #values: readonly SQLInputValue[];

  constructor(db: DatabaseSync, sql: string, values: readonly SQLInputValue[]) {
    this.#db = db;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: readonly SQLInputValue[]): Statement {
    if (values.length > parametersMax) throw new Error("too many SQL variables");
    return new Statement(this.#db, this.#sql, values);
  }

  now() {
    const results = this.#prepared().all(...this.#values);
    return { success: true, results, meta: {} };
  }

  run = async () => this.now();
  all = async () => this.now();
  first = async () => this.#prepared().get(...this.#values) ?? null;

  async raw(): Promise<unknown> {
    const statement = this.#prepared();
    statement.setReturnArrays(true);
    return statement.all(...this.#values);
  }

  #prepared(): StatementSync {
    return this.#db.prepare(this.#sql);
  }
}
