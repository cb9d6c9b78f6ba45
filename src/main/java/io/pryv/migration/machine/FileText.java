package io.pryv.migration.machine;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * A configuration file's text that can be edited without losing a byte: UTF-8 if it is, else ISO
 * 8859-1, as comments of older platforms may be, in which every byte is a character.
 */
public record FileText(String text, Charset charset) {

  /** The text of a file's bytes. */
  public static FileText of(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new FileText(text, StandardCharsets.UTF_8);
    } catch (CharacterCodingException notUtf8) {
      return new FileText(
          new String(bytes, StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
    }
  }

  /** The bytes of another text of that file. */
  public byte[] bytes(String newText) {
    return newText.getBytes(charset);
  }
}
