package io.pryv.migration;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.pryv.migration.process.StandingWatch;
import io.pryv.migration.process.StepDelegate;

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
          .resideInAnyPackage("..migration.process..", "..migration.console..");

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
