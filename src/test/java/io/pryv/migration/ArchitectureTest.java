package io.pryv.migration;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.pryv.migration.engine.ThisProgram;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepDelegate;
import java.util.Set;

/** Which package may know which. */
@AnalyzeClasses(
    packages = "io.pryv.migration",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String[] FEATURES = {
    "..migration.preflight..",
    "..migration.services..",
    "..migration.transfer..",
    "..migration.proxy..",
    "..migration.cutover..",
    "..migration.replication..",
    "..migration.nameservers..",
    "..migration.verification..",
    "..migration.retirement..",
    "..migration.rollback.."
  };

  private static final String[] HANDS_AND_PLATFORM = {
    "..migration.platform..", "..migration.machine..", "..migration.redis..", "..migration.dns.."
  };

  @ArchTest
  static final ArchRule packagesMakeNoCircle =
      slices().matching("io.pryv.migration.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule featuresDoNotKnowEachOther =
      slices()
          .matching(
              "io.pryv.migration.(preflight|services|transfer|proxy|cutover|replication|nameservers|verification|retirement|rollback)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule handsKnowNeitherFeaturesNorProcess =
      noClasses()
          .that()
          .resideInAnyPackage(HANDS_AND_PLATFORM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FEATURES)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..migration.process..", "..migration.console..", "..migration.security..");

  @ArchTest
  static final ArchRule processAndConsoleKnowNoFeature =
      noClasses()
          .that()
          .resideInAnyPackage("..migration.process..", "..migration.console..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FEATURES);

  @ArchTest
  static final ArchRule featuresMeetTheProcessOnlyInTheirDelegates =
      noClasses()
          .that()
          .resideInAnyPackage(FEATURES)
          .and()
          .areNotAssignableTo(StepDelegate.class)
          .and()
          .areNotAssignableTo(StandingWatch.class)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..migration.process..", "org.camunda..");

  @ArchTest
  static final ArchRule theEnginesInsideKnowsNoMigration =
      noClasses()
          .that()
          .resideInAPackage("..migration.engine..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("..migration..").and(not(resideInAPackage("..migration.engine.."))));

  /** Those that know the engine's inside elsewhere; the list only gets shorter. */
  private static final Set<String> KNOW_THE_INSIDE =
      Set.of(
          "Accounts",
          "Actors",
          "Migrations",
          // The engine's own answer to who is logged in is of its inside.
          "Reports",
          "SlowHash");

  @ArchTest
  static final ArchRule theEnginesInsideIsKnownInOnePlace =
      noClasses()
          .that(
              describe(
                  "are outside of engine",
                  type ->
                      !type.getPackageName().endsWith(".migration.engine")
                          && !KNOW_THE_INSIDE.contains(outermost(type).getSimpleName())))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.camunda.bpm.engine.impl..");

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  @ArchTest
  static final ArchRule onlyOurStartDeploys =
      noClasses()
          .that()
          .doNotHaveSimpleName("Running")
          .should()
          .callMethod(ThisProgram.class, "deploys", Runnable.class);

  /** A bean may say that it is one; everything else of Spring stays outside. */
  @ArchTest
  static final ArchRule featuresDoNotLeanOnSpring =
      noClasses()
          .that()
          .resideInAnyPackage(FEATURES)
          .should()
          .dependOnClassesThat(
              resideInAPackage("org.springframework..")
                  .and(not(resideInAPackage("org.springframework.stereotype.."))));

  @ArchTest
  static final ArchRule handsKnowNoFramework =
      noClasses()
          .that()
          .resideInAnyPackage(HANDS_AND_PLATFORM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.camunda..", "org.springframework..");

  @ArchTest
  static final ArchRule onlyMachineSpeaksSsh = onlyIn("..migration.machine..", "net.schmizz..");

  @ArchTest
  static final ArchRule onlyRedisSpeaksRedis = onlyIn("..migration.redis..", "redis.clients..");

  @ArchTest static final ArchRule onlyDnsSpeaksDns = onlyIn("..migration.dns..", "org.xbill..");

  @ArchTest
  static final ArchRule onlyTheDoorSpeaksOfLogins =
      onlyIn("..migration.security..", "org.springframework.security..");

  @ArchTest
  static final ArchRule theDoorKnowsNothingOfMigrations =
      noClasses()
          .that()
          .resideInAPackage("..migration.security..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FEATURES)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage(HANDS_AND_PLATFORM)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage("..migration.process..", "..migration.console..");

  @ArchTest
  static final ArchRule delegatesAreNamedAsSuch =
      classes()
          .that()
          .areAssignableTo(StepDelegate.class)
          .should()
          .haveSimpleNameEndingWith("Delegate");

  private static ArchRule onlyIn(String owner, String library) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(owner)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library);
  }
}
