package io.pryv.migration.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * One directive of an nginx configuration and where it stands. Read as nginx's own tokenizer does
 * (ngx_conf_file.c): a comment begins only where a word could, a brace closes only where a word
 * could begin.
 *
 * @param name such as {@code proxy_pass}
 * @param arguments without their quotes
 * @param children directives of its block, in order; empty for one without block
 * @param block whether it has one
 * @param start offset of its first character
 * @param end offset behind its semicolon or closing brace
 */
public record NginxDirective(
    String name,
    List<String> arguments,
    List<NginxDirective> children,
    boolean block,
    int start,
    int end) {

  /**
   * Reads a configuration, or a part of one that is included elsewhere.
   *
   * @throws UnexpectedText when nginx could not read it either
   */
  public static List<NginxDirective> parse(String text) {
    return new Reader(text).read();
  }

  /** The directives of its block with that name. */
  public List<NginxDirective> children(String childName) {
    return children.stream().filter(child -> child.name.equals(childName)).toList();
  }

  /** Whether it means the same, wherever it stands. */
  public boolean sameAs(NginxDirective other) {
    return name.equals(other.name)
        && arguments.equals(other.arguments)
        && block == other.block
        && same(children, other.children);
  }

  /** Whether two configurations mean the same. */
  public static boolean same(List<NginxDirective> some, List<NginxDirective> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (!some.get(i).sameAs(others.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The number of the line, from 1, on which an offset is. */
  public static int lineOf(String text, int offset) {
    return 1 + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
  }

  private static final class Reader {

    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    List<NginxDirective> read() {
      List<NginxDirective> directives = block(false);
      skipBlank();
      if (at < text.length()) {
        throw broken("no more } than {", "a } too many");
      }
      return directives;
    }

    private List<NginxDirective> block(boolean inner) {
      List<NginxDirective> directives = new ArrayList<>();
      while (true) {
        skipBlank();
        if (at == text.length()) {
          if (inner) {
            throw broken("a } for each {", "the end of the file");
          }
          return directives;
        }
        if (text.charAt(at) == '}') {
          return directives;
        }
        directives.add(directive());
      }
    }

    private NginxDirective directive() {
      int start = at;
      List<String> words = new ArrayList<>();
      while (true) {
        skipBlank();
        if (at == text.length()) {
          throw broken("; or { behind " + String.join(" ", words), "the end of the file");
        }
        char next = text.charAt(at);
        if (next == ';' || next == '{') {
          at++;
          if (words.isEmpty()) {
            throw broken("a directive", "a lone " + next);
          }
          List<NginxDirective> children = next == '{' ? block(true) : List.of();
          if (next == '{') {
            at++;
          }
          return new NginxDirective(
              words.get(0),
              List.copyOf(words.subList(1, words.size())),
              children,
              next == '{',
              start,
              at);
        }
        if (next == '}') {
          throw broken("; behind " + String.join(" ", words), "}");
        }
        words.add(next == '"' || next == '\'' ? quoted(next) : word());
      }
    }

    private String quoted(char quote) {
      int start = ++at;
      while (at < text.length() && text.charAt(at) != quote) {
        at += text.charAt(at) == '\\' ? 2 : 1;
      }
      if (at >= text.length()) {
        at = start;
        throw broken("an end to the quoted text", "the end of the file");
      }
      return text.substring(start, at++);
    }

    private String word() {
      int start = at;
      while (at < text.length()) {
        char next = text.charAt(at);
        if (next == '\\') {
          at += 2;
        } else if (next == '$' && text.startsWith("${", at)) {
          at += 2;
        } else if (Character.isWhitespace(next) || next == ';' || next == '{') {
          break;
        } else {
          at++;
        }
      }
      at = Math.min(at, text.length());
      return text.substring(start, at);
    }

    private void skipBlank() {
      while (at < text.length()) {
        char next = text.charAt(at);
        if (next == '#') {
          int newline = text.indexOf('\n', at);
          at = newline < 0 ? text.length() : newline;
        } else if (Character.isWhitespace(next)) {
          at++;
        } else {
          return;
        }
      }
    }

    private UnexpectedText broken(String expected, String found) {
      return new UnexpectedText(
          "a configuration that nginx can read: " + expected,
          "%s on line %d".formatted(found, lineOf(text, Math.min(at, text.length()))),
          "run nginx -t in the proxy's container, correct the file, then retry");
    }
  }
}
