import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.StringJoiner;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** What JDBC sees at the address in the first argument: a line per feature, name, tab, result. */
public class Drive {
  interface Feature {
    String see(Connection connection) throws Exception;
  }

  static String url;

  public static void main(String[] args) throws Exception {
    url = args[0];
    show("queries", "", Drive::queries);
    show("simple_queries", "&preferQueryMode=simple", Drive::queries);
    show("prepared_at_once", "&prepareThreshold=1", Drive::repeated);
    show("prepared_later", "&prepareThreshold=3", Drive::repeated);
    show("binary", "&prepareThreshold=-1&binaryTransfer=true", Drive::repeated);
    show("fetch_size", "", Drive::fetchSize);
    show("batch", "", Drive::batch);
    show("rewritten_batch", "&reWriteBatchedInserts=true", Drive::batch);
    show("copy", "", Drive::copy);
    show("error_and_after", "", Drive::errorAndAfter);
    show("autosave", "&autosave=always", Drive::errorAndAfter);
    show("cancel", "", Drive::cancel);
    show("metadata", "", Drive::metadata);
    show("masked_text", "&binaryTransfer=false", Drive::masked);
    show("masked_binary", "&prepareThreshold=-1&binaryTransfer=true", Drive::masked);
    show("masked_copy", "", Drive::maskedCopy);
    show("refused", "", Drive::refused);
  }

  static void show(String name, String options, Feature feature) throws Exception {
    String seen;
    try (Connection connection = DriverManager.getConnection(url + options)) {
      seen = feature.see(connection);
    } catch (SQLException error) {
      seen = "failed: " + error.getSQLState() + " " + error.getMessage();
    }
    System.out.println(name + "\t" + seen.replace("\n", "\\n").replace("\t", "\\t"));
  }

  static String rows(ResultSet rows) throws SQLException {
    StringJoiner out = new StringJoiner("; ");
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      StringJoiner row = new StringJoiner(", ");
      for (int i = 1; i <= columns; i++) row.add(rows.getString(i));
      out.add(row.toString());
    }
    return out.toString();
  }

  static final String PRODUCTS =
      "SELECT id, sku, price, stock, tags FROM products WHERE id < ? ORDER BY id";

  static String query(Connection connection, int n) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PRODUCTS)) {
      statement.setInt(1, n);
      return rows(statement.executeQuery());
    }
  }

  static String queries(Connection connection) throws SQLException {
    return query(connection, 5) + query(connection, 20);
  }

  static String repeated(Connection connection) throws SQLException {
    StringJoiner out = new StringJoiner("\n");
    try (PreparedStatement statement = connection.prepareStatement(PRODUCTS)) {
      for (int n = 1; n < 9; n++) {
        statement.setInt(1, n);
        out.add(rows(statement.executeQuery()));
      }
    }
    return out.toString();
  }

  static String fetchSize(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(50);
      return rows(statement.executeQuery("SELECT id, total, status FROM orders ORDER BY id"));
    }
  }

  static String batch(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE from_jdbc (id int, body text)");
      String insert = "INSERT INTO from_jdbc VALUES (?, ?)";
      try (PreparedStatement many = connection.prepareStatement(insert)) {
        for (int n = 0; n < 500; n++) {
          many.setInt(1, n);
          many.setString(2, "body " + n);
          many.addBatch();
        }
        many.executeBatch();
      }
      String seen = rows(statement.executeQuery("SELECT id, body FROM from_jdbc ORDER BY id"));
      statement.execute("DROP TABLE from_jdbc");
      return seen;
    }
  }

  static String copy(Connection connection) throws Exception {
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    copies.copyOut("COPY (SELECT id, sku FROM products ORDER BY id) TO STDOUT", out);
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE copied_jdbc (id int, sku text)");
      long count =
          copies.copyIn("COPY copied_jdbc FROM STDIN", new ByteArrayInputStream(out.toByteArray()));
      statement.execute("DROP TABLE copied_jdbc");
      return out.toString("UTF-8") + count;
    }
  }

  static String errorAndAfter(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    StringJoiner out = new StringJoiner(", ");
    try (Statement statement = connection.createStatement()) {
      for (String sql : new String[] {"SELECT 1/0", "SELECT 1"}) {
        try {
          out.add(rows(statement.executeQuery(sql)));
        } catch (SQLException error) {
          out.add(error.getSQLState());
        }
      }
      connection.rollback();
      return out.add(rows(statement.executeQuery("SELECT 'usable'"))).toString();
    }
  }

  static String cancel(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      try {
        statement.execute("SELECT pg_sleep(25)");
        return "not cancelled";
      } catch (SQLException error) {
        statement.setQueryTimeout(0);
        return error.getSQLState() + rows(statement.executeQuery("SELECT 'usable'"));
      }
    }
  }

  static String metadata(Connection connection) throws SQLException {
    var about = connection.getMetaData();
    return rows(about.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}))
        + rows(about.getColumns(null, "public", "products", "%"))
        + rows(about.getPrimaryKeys(null, "public", "orders"))
        + rows(about.getImportedKeys(null, "public", "orders"))
        + rows(about.getExportedKeys(null, "public", "orders"))
        + rows(about.getIndexInfo(null, "public", "orders", false, false));
  }

  static String masked(Connection connection) throws SQLException {
    StringJoiner out = new StringJoiner("; ");
    String sql = "SELECT email, phone, birth_date, profile FROM customers WHERE id IN (10, ?)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < 3; i++) {
        statement.setInt(1, 14);
        out.add(rows(statement.executeQuery()));
      }
    }
    return out.toString();
  }

  static String maskedCopy(Connection connection) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut("COPY customers (email, phone) TO STDOUT (FORMAT csv)", out);
    return out.toString("UTF-8");
  }

  static String refused(Connection connection) throws SQLException {
    StringJoiner out = new StringJoiner(", ");
    try (Statement statement = connection.createStatement()) {
      for (boolean commits : new boolean[] {true, false}) {
        connection.setAutoCommit(commits);
        for (String sql : new String[] {"DROP TABLE payments", "SELECT 1"}) {
          try {
            statement.execute(sql);
            out.add("done");
          } catch (SQLException error) {
            out.add(error.getSQLState());
          }
        }
      }
      connection.rollback();
      return out.add(rows(statement.executeQuery("SELECT 'usable'"))).toString();
    }
  }
}
